import type { UiChunk } from '../../dialect/ai-sdk-chunk.ts'
import { LAST_EVENT_ID, MILLRACE_RUN } from '../../protocol/headers.ts'
import { Connector, type Answer } from '../connector.ts'
import { streamIn } from '../follow.ts'
import { join as joinEntry, placeOf } from '../frames.ts'
import { defaultHost, type Host } from '../host.ts'
import { Reading, type Body, type Intake, type View } from '../reading.ts'

/** How an answer is asked for. */
export interface Asking {
  /** The request that brings the answer; sent again, it brings the same. */
  readonly begin: (signal: AbortSignal) => Promise<Response>
  /** Asks for the rest. @param headers the place it goes on from */
  readonly resume: (run: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>
  readonly host?: Host
}

/** The data of the event behind the last one. */
const DONE = '[DONE]'
const whole: View<readonly UiChunk[], UiChunk> = (chunks, nth) => (nth === 0 ? chunks : undefined)

/** The server sends exactly what follows a cursor, so nothing has to be compared here. What has no place in the log is the same in every dialect. */
const join: Intake<UiChunk> = (event, place, chunks) => {
  if (event.type === 'message' && event.data === DONE) return true
  if (event.type === 'retry' || event.id === null) return joinEntry(event, place, [])
  const chunk = JSON.parse(event.data) as UiChunk
  place.cursor = event.id
  chunks.push(chunk)
  // The client takes nothing after an error.
  return chunk.type === 'finish' || chunk.type === 'error'
}

/** One answer on its way to a chat, over however many connections. */
export class AnswerStream {
  /** The run it is the answer of, once the server has said it. */
  run: string | null = null
  readonly #asking: Asking
  readonly #connector: Connector<Body>
  readonly #reading: Reading<readonly UiChunk[], UiChunk>
  readonly #place = placeOf('')
  #isUnwanted = false

  constructor(asking: Asking) {
    this.#asking = asking
    this.#connector = new Connector(asking.host ?? defaultHost, (signal) => this.#attempt(signal), undefined)
    this.#reading = new Reading(this.#connector, this.#place, join, whole)
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
    // Where no answer comes, no run is known: the caller then asks by the chat.
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
    this.run ??= response.headers.get(MILLRACE_RUN)
    // A chat in which nothing goes on.
    if (run === null && response.status === 204) return { type: 'ended' }
    return streamIn(response, run !== null)
  }
}
