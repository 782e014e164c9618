import type { Entry } from '../event/run-event.ts'
import type { SseEvent } from '../format/sse-decode.ts'
import type { ConnectionEvent } from './connection.ts'
import { lostTo, type Connector } from './connector.ts'
import type { Place } from './frames.ts'

/** What an attempt opened. Two calls, so that a chunk costs no promise but that of its read. */
export interface Body<Event = SseEvent, Chunk = unknown> {
  /** Brings what comes next. */
  read(): Promise<{ readonly done?: boolean; readonly value?: Chunk | undefined }>
  /** Tells what it says, event by event. */
  push(chunk: Chunk, out: (event: Event) => void): void
}

/**
 * Makes of an event what a reading is of, entries or what another dialect says: adds it to `items` and moves `place` on.
 * Says whether nothing can follow it. Throws what makes the connection useless.
 */
export type Intake<Item, Event = SseEvent> = (event: Event, place: Place, items: Item[]) => boolean

/** What a view gives out of `items`, which arrived together, when asked for the `nth` time; `undefined`: no more. */
export type View<T, Item = Entry> = (items: readonly Item[], nth: number) => T | undefined

/** A run as a view shows it, to be read on. */
export interface Placed<T> extends AsyncIterableIterator<T, undefined> {
  /** The place after what arrived last; '' before the first entry. */
  readonly cursor: string
}

const DONE = { done: true, value: undefined } as const

/**
 * A run as `view` shows it, over one connection after another. Written by hand, because a turn of a
 * generator costs as much as an entry, and because a generator's `return()` waits for a pending
 * `next()`, which may wait for ever.
 */
export class Reading<T, Item = Entry, Event = SseEvent> implements Placed<T> {
  readonly #connector: Connector<Body<Event>>
  readonly #place: Place
  readonly #intake: Intake<Item, Event>
  readonly #view: View<T, Item>
  #items: readonly Item[] = []
  #given = 0
  /** How many {@link next} wait. They are answered in turn. */
  #asked = 0
  #turn: Promise<IteratorResult<T, undefined>> = Promise.resolve(DONE)
  /** Left, or failed: that is thrown once, and nothing follows it. */
  #over = false

  constructor(connector: Connector<Body<Event>>, place: Place, intake: Intake<Item, Event>, view: View<T, Item>) {
    this.#connector = connector
    this.#place = place
    this.#intake = intake
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
    this.#items = []
    this.#over = true
    this.#connector.close()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): T | undefined {
    return this.#given < this.#items.length ? this.#view(this.#items, this.#given++) : undefined
  }

  async #read(): Promise<IteratorResult<T, undefined>> {
    const connector = this.#connector
    try {
      for (;;) {
        const value = this.#take()
        if (value !== undefined) return { done: false, value }
        const body = this.#over ? null : (connector.live ?? (await connector.ready()))
        if (body === null) return DONE
        const items: Item[] = []
        let news = null as ConnectionEvent | null
        connector.asked()
        try {
          const { done, value: chunk } = await body.read()
          // Many a proxy ends a body clean when it cuts it: only the terminal entry says that a run ended.
          if (done) news = lostTo()
          else if (connector.live === body) {
            body.push(chunk, (event) => {
              if (this.#intake(event, this.#place, items)) news = { type: 'ended' }
            })
          }
        } catch (error) {
          // What stands behind the end is nothing, whatever it is.
          news ??= lostTo(error)
        }
        // Another attempt asks for the same by now.
        if (connector.live !== body) continue
        connector.heard(items.length > 0, this.#place.retry)
        if (news !== null) connector.dispatch(news)
        this.#items = items
        this.#given = 0
      }
    } catch (error) {
      void this.return()
      throw error
    } finally {
      this.#asked -= 1
    }
  }
}
