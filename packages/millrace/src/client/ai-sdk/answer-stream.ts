import type { UiChunk } from '../../dialect/ai-sdk-chunk.ts'
import type { SseEvent } from '../../format/sse-decode.ts'
import { LAST_EVENT_ID, MILLRACE_RUN, MILLRACE_STATUS } from '../../protocol/headers.ts'
import { Connector, type Answer } from '../connector.ts'
import { streamIn } from '../follow.ts'
import { checkLog, pause, type Place } from '../frames.ts'
import { defaultHost, type Host } from '../host.ts'
import { Reading, type Body, type Intake, type View } from '../reading.ts'
import { refusalOf } from '../request.ts'

/** What the server said of an answer that it was asked for again, or for the first time. */
export interface Asking {
  /** The request that brings the answer; sent again, it brings the same. */
  readonly begin: (signal: AbortSignal) => Promise<Response>
  /** Asks for the rest. @param headers the place it goes on from */
  readonly resume: (run: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>
  readonly host?: Host
}

const CHUNKS: Intake<UiChunk> = { join, isLast: ({ type }) => type === 'finish' || type === 'error' }
const whole: View<readonly UiChunk[], UiChunk> = (chunks, nth) => (nth === 0 ? chunks : undefined)

/** The server sends exactly what follows a cursor, so nothing has to be compared here. What has no place is the end’s mark, or about the log. */
function join(event: SseEvent, place: Place, chunks: UiChunk[]): void {
  if (event.type === 'retry') {
    pause(event, place)
  } else if (event.id !== null) {
    place.cursor = event.id
    chunks.push(JSON.parse(event.data) as UiChunk)
  } else if (event.data.startsWith('{')) {
    checkLog((JSON.parse(event.data) as { readonly type: string }).type)
  }
}

/** One answer on its way to a chat, over however many connections. */
export class AnswerStream {
  /** The run it is the answer of, once the server has said it. */
  run: string | null = null
  readonly #asking: Asking
  readonly #connector: Connector<Body>
  readonly #reading: Reading<readonly UiChunk[], UiChunk>
  readonly #place: Place = { cursor: '', offset: 0, retry: 0 }
  #isUnwanted = false

  constructor(asking: Asking) {
    this.#asking = asking
    this.#connector = new Connector(asking.host ?? defaultHost, (signal) => this.#attempt(signal), undefined)
    this.#reading = new Reading(this.#connector, this.#place, CHUNKS, whole)
  }

  /** Whether there is an answer to read. @throws MillraceError what the server refused, `incomplete` */
  async begin(): Promise<boolean> {
    return (await this.#connector.ready()) !== null
  }

  /** @param onOver called once it was read to its end, or failed */
  readable(onOver: () => void): ReadableStream<UiChunk> {
    return new ReadableStream<UiChunk>({
      pull: async (controller) => {
        const { done, value } = await this.#reading.next().catch((error: unknown) => {
          onOver()
          throw error
        })
        if (!done) {
          for (const chunk of value) controller.enqueue(chunk)
          return
        }
        onOver()
        controller.close()
      },
      cancel: () => this.leave(),
    })
  }

  leave(): void {
    void this.#reading.return()
  }

  /**
   * Leaves once it is known which run was asked for: a request under way cannot be taken back, and what
   * it started would go on unread. None is sent any more.
   */
  async leaveKnowing(): Promise<string | null> {
    this.#isUnwanted = true
    if (this.run === null) await this.#connector.ready().catch(() => null)
    this.leave()
    return this.run
  }

  async #attempt(signal: AbortSignal): Promise<Answer<Body>> {
    const { run } = this
    if (run === null && this.#isUnwanted) return { type: 'ended' }
    const { cursor } = this.#place
    const place: Readonly<Record<string, string>> = cursor === '' ? {} : { [LAST_EVENT_ID]: cursor }
    const response = run === null ? await this.#asking.begin(signal) : await this.#asking.resume(run, place, signal)
    if (!response.ok) return refusalOf(response)
    this.run ??= response.headers.get(MILLRACE_RUN)
    // Anybody may answer 204; of a run that has begun only its server can say that it ended.
    if (response.status === 204 && (run === null || response.headers.has(MILLRACE_STATUS))) return { type: 'ended' }
    return streamIn(response, run !== null)
  }
}
