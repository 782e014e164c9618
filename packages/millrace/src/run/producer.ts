import { MillraceError } from '../event/error.ts'
import type { EndStatus } from '../event/run-event.ts'
import type { Appended, Lease, RunId, Signal, Store, Write } from '../store/store.ts'
import type { Lines } from './composer.ts'
import { insistAfter } from './insist.ts'
import type { DeltaHead } from './line-buffer.ts'
import { atEndOfTurn } from './turn.ts'
import { WriteQueue, type Pending } from './write-queue.ts'

export interface ProducerOptions {
  readonly store: Store
  readonly run: RunId
  readonly lease: Lease
  /** The tail this producer goes on from. */
  readonly tail: number
  /** The largest entry (and checkpoint) as JSON, in bytes. */
  readonly maxEntry: number
  /** Entries are committed; `took` ms from the first try on. */
  readonly onWritten?: (entries: number, bytes: number, took: number) => void
  /** Signals as they come, each once. */
  readonly onSignal: (signal: Signal) => void
  /** The lease is gone, or the store is: nothing more will be written. Called at most once. */
  readonly onLost: (error: unknown) => void
}

/** About how many bytes may wait before {@link Producer.ready} says so. */
const PENDING_SIZE = 1024 * 1024
/** A store that fails is asked again for so many leases; then another process may have taken over. */
const PATIENCE = 3
const NOTHING_SAID = new Uint8Array()

/**
 * The one writer of a run. At most one write is in flight; what is said meanwhile is the next one.
 * A write with an unknown outcome is repeated unchanged until the store answers it or refuses.
 */
export class Producer implements Lines {
  readonly #options: ProducerOptions
  readonly #queue: WriteQueue
  /** Made once, because a write is made for every token: it costs the store's promise and the one of its answer. */
  readonly #flush = (): void => {
    this.#scheduled = false
    this.#next()
  }
  readonly #onAnswer = (answer: Appended): void => this.#landed(answer)
  readonly #onFailure = (error: unknown): void => this.#insist(error)
  #tail: number
  #written = 0
  #inFlight: Pending | null = null
  /** When it was sent first. */
  #since = 0
  #scheduled = false
  #lost: { readonly error: unknown } | null = null
  #closed = false
  #asked = false
  #consumed = 0
  #seen = 0
  #lastWrite = performance.now()
  #waiters: (() => void)[] = []

  constructor(options: ProducerOptions) {
    this.#options = options
    this.#queue = new WriteQueue(options.maxEntry, options.tail)
    this.#tail = options.tail
  }

  /** The newest offset that is committed. */
  get tail(): number {
    return this.#tail
  }

  /** How many bytes of entries are committed. */
  get written(): number {
    return this.#written
  }

  /**
   * Adds one entry's JSON.
   * @throws MillraceError `too_large` where it is larger than the limit, `fenced` where the lease is lost
   */
  append(json: string): void {
    this.#check()
    this.#queue.append(json)
    this.#schedule()
  }

  /**
   * The same for a delta, of which only the text is new.
   * @throws MillraceError as `append`
   */
  appendDelta(head: DeltaHead, text: string): void {
    this.#check()
    this.#queue.appendDelta(head, text)
    this.#schedule()
  }

  /**
   * Saves state with the entries so far, in the same write as the last of them (P8).
   * @throws MillraceError as `append`
   */
  checkpoint(json: string): void {
    this.#check()
    this.#queue.checkpoint(json)
    this.#schedule()
  }

  /** The signal with this `seq` is done with by the write of what is said or saved next. */
  take(seq: number): void {
    this.#queue.take(seq)
  }

  /** Signals up to this `seq` are done with by the write of all that was said so far. */
  consume(seq: number): void {
    if (!this.#queue.consume(seq)) this.#consumed = Math.max(this.#consumed, seq)
  }

  /** Hands on those that were not handed on before: what came with the lease, and with every write's answer. */
  deliver(signals: readonly Signal[]): void {
    for (const signal of signals) {
      if (signal.seq <= this.#seen) continue
      this.#seen = signal.seq
      this.#options.onSignal(signal)
    }
  }

  /** Resolves at once while little waits to be written, else once there is room again. */
  ready(): Promise<void> | undefined {
    if (this.#queue.size < PENDING_SIZE) return undefined
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  /**
   * Adds the terminal entry, whatever its size, and resolves when it is committed (or the lease is
   * lost). A run must not be without an end because the end was refused.
   */
  async end(json: string, status: EndStatus): Promise<void> {
    this.#check()
    this.#queue.end(json, status)
    this.#closed = true
    this.#schedule()
    await this.#drained()
  }

  /** Writes out what is there and gives the lease back: another process goes on at once, or when a signal came or `wait` ms are over. */
  async release(as: 'queued' | 'waiting', wait: number = Infinity): Promise<void> {
    if (this.#lost || this.#closed) return
    this.#queue.release(as, wait)
    this.#closed = true
    this.#schedule()
    await this.#drained()
  }

  /** Renews the lease unless a write did within `within` ms. */
  renew(within: number): void {
    if (this.#closed || this.#lost || performance.now() - this.#lastWrite < within) return
    this.#ask()
  }

  /** Asks the store for signals: a wake-up said that something happened. */
  poll(): void {
    if (!this.#closed && !this.#lost) this.#ask()
  }

  /** An empty write, at once or after the one in flight, whose answer may be older than the question. */
  #ask(): void {
    this.#asked = true
    this.#schedule()
  }

  #isLost(): boolean {
    return this.#lost !== null
  }

  #check(): void {
    if (this.#lost) throw new MillraceError('fenced', 'This producer lost its lease.', { cause: this.#lost.error })
    if (this.#closed) throw new MillraceError('ended', 'This producer has ended its run.')
  }

  #schedule(): void {
    if (this.#inFlight || this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(this.#flush)
  }

  #next(): void {
    if (this.#inFlight || this.#lost) return
    const pending = this.#queue.next() ?? (this.#asked && !this.#closed ? { after: 0, bytes: NOTHING_SAID, parts: null, count: 0 } : null)
    if (!pending) {
      this.#release()
      return
    }
    this.#asked = false
    pending.after = this.#tail
    this.#consumed = Math.max(this.#consumed, pending.consumed ?? 0)
    if (this.#consumed > 0) pending.consumed = this.#consumed
    this.#write(pending)
  }

  #onWritten(): void {
    this.#inFlight = null
    if (this.#queue.size < PENDING_SIZE / 2 || this.#isLost()) this.#release()
    // With what everybody else says in this turn: a store that answers at once would be written to token by token.
    if (!this.#queue.isEmpty || (this.#asked && !this.#closed)) this.#schedule()
    else this.#release()
  }

  /** It lands, or the lease is lost. */
  #write(write: Pending): void {
    const { store, run, lease } = this.#options
    this.#inFlight = write
    this.#since = performance.now()
    try {
      store.append(run, lease, write).then(this.#onAnswer, this.#onFailure)
    } catch (error) {
      // Some stores throw where they should reject: that is a failure like any other, and no other producer's.
      this.#insist(error)
    }
  }

  #insist(failure: unknown): void {
    const { store, run, lease } = this.#options
    const write: Write | null = this.#inFlight
    if (write === null) return
    insistAfter(() => store.append(run, lease, write), lease.ttl * PATIENCE, failure).then(this.#onAnswer, (error: unknown) => {
      this.#lose(error)
      this.#onWritten()
    })
  }

  #landed(answer: Appended): void {
    const { count, bytes } = this.#inFlight ?? { count: 0, bytes: NOTHING_SAID }
    try {
      const { tail, signals } = answer
      this.#tail = tail
      this.#written += bytes.length
      this.#lastWrite = performance.now()
      if (count > 0) this.#options.onWritten?.(count, bytes.length, this.#lastWrite - this.#since)
      this.deliver(signals)
    } catch (error) {
      this.#lose(error)
    }
    this.#onWritten()
  }

  #lose(error: unknown): void {
    this.#lost = { error }
    this.#queue.clear()
    this.#options.onLost(error)
    this.#release()
  }

  #drained(): Promise<void> {
    if (this.#queue.isEmpty && !this.#inFlight) return Promise.resolve()
    return new Promise<void>((resolve) => this.#waiters.push(resolve)).then(() => this.#isLost() ? undefined : this.#drained())
  }

  #release(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }
}
