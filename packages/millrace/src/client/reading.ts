import type { Entry } from '../event/run-event.ts'
import type { SseDecoder } from '../format/sse-decode.ts'
import { broken, type ConnectionEvent } from './connection.ts'
import { lostTo, type Connector } from './connector.ts'
import { join, type Place } from './frames.ts'

export interface Body {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
  readonly decoder: SseDecoder
}

/** What a view gives out of `entries`, which arrived together, when asked for the `nth` time; `undefined`: no more. */
export type View<T> = (entries: readonly Entry[], nth: number) => T | undefined

const DONE = { done: true, value: undefined } as const

/**
 * A run as `view` shows it, over one connection after another. Written by hand, because a turn of a
 * generator costs as much as an entry, and because a generator's `return()` waits for a pending
 * `next()`, which may wait for ever.
 */
export class Reading<T> implements AsyncIterableIterator<T, undefined> {
  readonly #connector: Connector<Body>
  readonly #place: Place
  readonly #view: View<T>
  #entries: readonly Entry[] = []
  #given = 0
  /** How many {@link next} wait. They are answered in turn. */
  #asked = 0
  #turn: Promise<IteratorResult<T, undefined>> = Promise.resolve(DONE)
  /** Left, or failed: that is thrown once, and nothing follows it. */
  #over = false

  constructor(connector: Connector<Body>, place: Place, view: View<T>) {
    this.#connector = connector
    this.#place = place
    this.#view = view
  }

  get cursor(): string {
    return this.#place.cursor
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#asked === 0 ? this.#take() : undefined
    if (value !== undefined) return Promise.resolve({ done: false, value })
    const read = (): Promise<IteratorResult<T, undefined>> => this.#read()
    return (this.#turn = this.#asked++ === 0 ? read() : this.#turn.then(read, read))
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#entries = []
    this.#leave()
    return Promise.resolve(DONE)
  }

  #leave(): void {
    this.#over = true
    this.#connector.close()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): T | undefined {
    return this.#given < this.#entries.length ? this.#view(this.#entries, this.#given++) : undefined
  }

  async #read(): Promise<IteratorResult<T, undefined>> {
    const connector = this.#connector
    try {
      for (;;) {
        const value = this.#take()
        if (value !== undefined) return { done: false, value }
        const body = this.#over ? null : (connector.live ?? (await connector.ready()))
        if (body === null) return DONE
        const entries: Entry[] = []
        let news: ConnectionEvent | null = null
        connector.asked()
        try {
          const { done, value } = await body.reader.read()
          // Many a proxy ends a body clean when it cuts it: only the terminal entry says that a run ended.
          if (done) throw broken('The connection broke.')
          if (connector.live === body) body.decoder.push(value, (event) => join(event, this.#place, entries))
        } catch (error) {
          news = lostTo(error)
        }
        // Another attempt asks for the same by now.
        if (connector.live !== body) continue
        connector.heard(entries.length > 0, this.#place.retry)
        if (entries.at(-1)?.type === 'end') news = { type: 'ended' }
        if (news !== null) connector.dispatch(news)
        this.#entries = entries
        this.#given = 0
      }
    } catch (error) {
      this.#leave()
      throw error
    } finally {
      this.#asked -= 1
    }
  }
}
