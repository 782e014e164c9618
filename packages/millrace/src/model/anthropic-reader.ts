import type { EndReason, SourceEvent, Usage } from '../event/run-event.ts'
import type { Citation, MessageEvent, MessageUsage } from './anthropic-wire.ts'
import type { Heard } from './limits.ts'
import { Lineup } from './lineup.ts'
import { countersOf } from './usage.ts'

const REASONS: ReadonlyMap<string, EndReason> = new Map([
  ['end_turn', 'stop'], ['max_tokens', 'length'], ['model_context_window_exceeded', 'length'], ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'], ['pause_turn', 'pause'],
])

/** The events of one message, read one by one. */
export class MessageReader {
  readonly #lineup = new Lineup()
  #usage: MessageUsage = {}
  #reason: string | null = null
  #isComplete = false

  read({ type, index = 0, message, content_block: block, delta, usage }: MessageEvent): Heard {
    if (type === 'message_start') this.#count(message?.usage)
    else if (type === 'content_block_start' && block) this.#open(index, block)
    else if (type === 'content_block_delta' && delta) this.#delta(index, delta)
    else if (type === 'content_block_stop') this.#lineup.close(index)
    else if (type === 'message_delta') {
      this.#count(usage)
      this.#reason = delta?.stop_reason ?? this.#reason
    } else if (type === 'message_stop') this.#isComplete = true
    return this.#lineup.take()
  }

  /** @throws where the stream ended before the message did */
  end(): Heard {
    if (!this.#isComplete) throw new Error('The stream ended without a message_stop.')
    const reason = this.#reason ?? 'end_turn'
    this.#lineup.closeAll()
    this.#lineup.say({ type: 'usage', usage: usageOf(this.#usage) })
    this.#lineup.say({ type: 'finish', reason: REASONS.get(reason) ?? reason })
    return this.#lineup.take()
  }

  /** Blocks of other types are the vendor's own: tools that it ran itself, thinking that nobody may read. */
  #open(index: number, { type, id = '', name = '', text = '' }: NonNullable<MessageEvent['content_block']>): void {
    if (type === 'text') this.#lineup.open(index, { kind: 'text' })
    else if (type === 'thinking') this.#lineup.open(index, { kind: 'reasoning' })
    else if (type === 'tool_use') this.#lineup.open(index, { kind: 'tool_call', id, name })
    this.#lineup.add(index, text)
  }

  #delta(index: number, { text, thinking, partial_json: json, citation }: NonNullable<MessageEvent['delta']>): void {
    this.#lineup.add(index, text ?? thinking ?? json ?? '')
    if (citation) this.#lineup.cite(sourceOf(citation))
  }

  /** Later counts stand for the whole message; what they leave out stays as it was. */
  #count(usage: MessageUsage = {}): void {
    this.#usage = { ...this.#usage, ...Object.fromEntries(Object.entries(usage).filter(([, count]) => typeof count === 'number')) }
  }
}

/** The vendor counts what it read from its cache, and what it wrote to it, apart from the rest of the input. */
function usageOf({ input_tokens: input, output_tokens, cache_read_input_tokens: read, cache_creation_input_tokens: written }: MessageUsage): Usage {
  return countersOf({ input: (input ?? 0) + (read ?? 0) + (written ?? 0), output: output_tokens, cached: read })
}

function sourceOf({ cited_text: excerpt, title, url, source, document_title: document }: Citation): SourceEvent {
  const address = url ?? source
  return {
    type: 'source', title: title ?? document ?? address ?? '',
    ...(address === undefined ? {} : { url: address }), ...(excerpt === undefined ? {} : { excerpt }),
  }
}
