import { MillraceError } from '../event/error.ts'
import type { RunId, RunRecord, Store } from '../store/store.ts'
import { Tail } from './tail.ts'

/** A lost wake-up costs at most so long. One timer for all tails. */
const POLL_INTERVAL = 3_000

/** The tails of this process: at most one a run, gone when nobody needs it. */
export class Tails {
  readonly #store: Store
  readonly #tails = new Map<RunId, Tail>()
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(store: Store) {
    this.#store = store
  }

  /** The run's tail; hold or join it at once, or it is forgotten. */
  of(record: RunRecord): Tail {
    const known = this.#tails.get(record.id)
    if (known) {
      // Ahead: a wake-up was lost or is on its way. Behind or another: the record is old, or the log lost its end.
      if (!known.agrees(record)) known.refresh()
      return known
    }
    const tail = new Tail(this.#store, record, () => this.#forget(tail))
    this.#tails.set(record.id, tail)
    // The record is older than the watch: what landed between the two woke nobody.
    if (!tail.ended) tail.refresh()
    this.#timer ??= setInterval(() => this.#poll(), POLL_INTERVAL)
    return tail
  }

  /** Cuts every local reader: they go on from their cursors elsewhere, or here after a restart. */
  close(): void {
    const closed = new MillraceError('closed', 'This server is shutting down.')
    for (const tail of [...this.#tails.values()]) tail.abandon(closed)
    this.#tails.clear()
    this.#stopPolling()
  }

  #poll(): void {
    for (const tail of this.#tails.values()) if (!tail.ended) tail.refresh()
  }

  #forget(tail: Tail): void {
    tail.close()
    if (this.#tails.get(tail.run) === tail) this.#tails.delete(tail.run)
    if (this.#tails.size === 0) this.#stopPolling()
  }

  #stopPolling(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }
}
