import type { EndReason, SourceEvent, Usage } from '../event/run-event.ts'
import type { Part, PartUsage } from './ai-sdk-wire.ts'
import type { Heard } from './limits.ts'
import { Lineup } from './lineup.ts'
import { countersOf } from './usage.ts'

const REASONS: ReadonlyMap<string, EndReason> = new Map([['tool-calls', 'tool_calls'], ['content-filter', 'content_filter']])
/** The provider's stream was cut, or worse. */
const NO_ENDS: readonly string[] = ['error', 'interrupted']

/** The parts of one answer, read one by one. */
export class PartReader {
  readonly #lineup = new Lineup()
  /** Calls whose input came in pieces: the whole that follows says nothing new. */
  readonly #streamed = new Set<string>()
  #reason: string | null = null
  #usage: PartUsage | null = null

  /** @throws what the provider failed with */
  read(part: Part): Heard {
    const { type, id = '', text = '', delta = '' } = part
    switch (type) {
      case 'text-start':
      case 'reasoning-start':
        this.#lineup.open(id, { kind: type === 'text-start' ? 'text' : 'reasoning' })
        break
      case 'tool-input-start':
        this.#streamed.add(id)
        this.#call(id, part)
        break
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-input-delta':
        this.#lineup.add(id, type === 'tool-input-delta' ? delta : text)
        break
      case 'text-end':
      case 'reasoning-end':
      case 'tool-input-end':
        this.#lineup.close(id)
        break
      case 'tool-call':
        this.#wholeCall(part)
        break
      case 'source':
        this.#lineup.cite(sourceOf(part))
        break
      case 'error':
        throw part.error
      case 'finish':
        this.#reason = part.finishReason ?? null
        this.#usage = part.totalUsage ?? null
        break
      default:
    }
    return this.#lineup.take()
  }

  /** @throws where the stream ended before the answer did */
  end(): Heard {
    const reason = this.#reason
    if (reason === null || NO_ENDS.includes(reason)) throw new Error(`The stream ended with the finishReason ${String(reason)}.`)
    this.#lineup.closeAll()
    if (this.#usage) this.#lineup.say({ type: 'usage', usage: usageOf(this.#usage) })
    this.#lineup.say({ type: 'finish', reason: REASONS.get(reason) ?? reason })
    return this.#lineup.take()
  }

  /** What the provider runs itself is nothing for us to run. */
  #call(id: string, { toolName: name = '', providerExecuted }: Part): void {
    if (providerExecuted !== true) this.#lineup.open(id, { kind: 'tool_call', id, name })
  }

  #wholeCall(part: Part): void {
    const { toolCallId: id = '', input = {} } = part
    if (this.#streamed.has(id)) return
    this.#call(id, part)
    this.#lineup.add(id, JSON.stringify(input))
    this.#lineup.close(id)
  }
}

/** Documents have a title and no address, pages may have no title. */
function sourceOf({ title, url }: Part): SourceEvent {
  return { type: 'source', title: title ?? url ?? '', ...(url === undefined ? {} : { url }) }
}

function usageOf({ inputTokens, outputTokens, inputTokenDetails, outputTokenDetails }: PartUsage): Usage {
  return countersOf({
    input: inputTokens, output: outputTokens, cached: inputTokenDetails.cacheReadTokens, reasoning: outputTokenDetails.reasoningTokens,
  })
}
