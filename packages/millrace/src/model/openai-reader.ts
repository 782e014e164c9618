import type { EndReason, Usage } from '../event/run-event.ts'
import { randomNonce } from '../run/ids.ts'
import type { Heard } from './limits.ts'
import { Lineup } from './lineup.ts'
import type { ChatCallDelta, ChatChunk, ChatDelta } from './openai-wire.ts'
import { countersOf } from './usage.ts'

/** Others are kept as they are: servers have words of their own. */
const REASONS: ReadonlyMap<string, EndReason> = new Map([['function_call', 'tool_calls']])

/** The chunks of one chat completion, read one by one. */
export class ChatReader {
  readonly #lineup = new Lineup()
  /** The calls by the number the server gives them. */
  readonly #calls = new Map<number, { readonly key: string; readonly id: string | null }>()
  readonly #ids = new Set<string>()
  #blocks = 0
  #prose: { readonly key: string; readonly kind: 'text' | 'reasoning' } | null = null
  #usage: Usage | null = null
  #reason: string | null = null

  read({ choices, usage }: ChatChunk): Heard {
    const choice = choices?.[0]
    if (choice?.delta) this.#delta(choice.delta)
    if (choice?.finish_reason) this.#reason = choice.finish_reason
    if (usage) this.#usage = usageOf(usage)
    return this.#lineup.take()
  }

  /** @throws where the stream ended before the answer did: servers that are cut by a proxy look like this */
  end(): Heard {
    if (this.#reason === null || this.#reason === 'error') throw new Error(`The stream ended with the finish_reason ${String(this.#reason)}.`)
    this.#lineup.closeAll()
    if (this.#usage) this.#lineup.say({ type: 'usage', usage: this.#usage })
    this.#lineup.say({ type: 'finish', reason: REASONS.get(this.#reason) ?? this.#reason })
    return this.#lineup.take()
  }

  #delta({ content, reasoning_content, reasoning, refusal, tool_calls, annotations }: ChatDelta): void {
    this.#say('reasoning', reasoning_content ?? reasoning)
    this.#say('text', content)
    this.#say('text', refusal)
    for (const call of tool_calls ?? []) this.#call(call)
    for (const { url_citation: citation } of annotations ?? []) {
      if (citation?.url !== undefined) this.#lineup.cite({ type: 'source', title: citation.title ?? citation.url, url: citation.url })
    }
  }

  #say(kind: 'text' | 'reasoning', text: unknown): void {
    if (typeof text !== 'string' || text === '') return
    if (this.#prose?.kind !== kind) {
      this.#endProse()
      this.#prose = { kind, key: this.#newKey() }
      this.#lineup.open(this.#prose.key, { kind })
    }
    this.#lineup.add(this.#prose.key, text)
  }

  /** Nobody says when a call is complete: it is when another has its number, or at the end. */
  #call({ index = 0, id, function: { name, arguments: input } = {} }: ChatCallDelta): void {
    let call = this.#calls.get(index)
    if (!call || (id && id !== call.id)) {
      if (call) this.#lineup.close(call.key)
      this.#endProse()
      const key = this.#newKey()
      call = { key, id: id || null }
      this.#calls.set(index, call)
      this.#lineup.open(key, { kind: 'tool_call', id: this.#ownId(call.id), name: name ?? '' })
    }
    this.#lineup.add(call.key, input ?? '')
  }

  /** Some servers give none, or one to several calls: a result could be of any of them. */
  #ownId(given: string | null): string {
    const id = given === null || this.#ids.has(given) ? `call_${randomNonce()}` : given
    this.#ids.add(id)
    return id
  }

  #endProse(): void {
    if (this.#prose) this.#lineup.close(this.#prose.key)
    this.#prose = null
  }

  #newKey(): string {
    this.#blocks += 1
    return String(this.#blocks)
  }
}

function usageOf({ prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details }: NonNullable<ChatChunk['usage']>): Usage {
  return countersOf({
    input: prompt_tokens, output: completion_tokens,
    cached: prompt_tokens_details?.cached_tokens, reasoning: completion_tokens_details?.reasoning_tokens,
  })
}
