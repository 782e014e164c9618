import { MillraceError } from '../event/error.ts'
import type { EndStatus } from '../event/run-event.ts'
import type { Lease, RunId, Signal, Store, Write } from '../store/store.ts'
import { insist } from './insist.ts'
import { atEndOfTurn } from './turn.ts'

const encoder = new TextEncoder()

/** One write to be; a checkpoint closes it to further entries, because it covers exactly what came before. */
interface Pending {
  readonly lines: string[]
  size: number
  checkpoint?: string
  end?: EndStatus
  release?: 'queued'
}

export interface ProducerOptions {
  readonly store: Store
  readonly run: RunId
  readonly lease: Lease
  /** The tail this producer goes on from. */
  readonly tail: number
  /** The largest entry (and checkpoint) as JSON, in bytes. */
  readonly maxEntry: number
  /** Signals as they come, each once. */
  readonly onSignal: (signal: Signal) => void
  /** The lease is gone, or the store is: nothing more will be written. Called at most once. */
  readonly onLost: (error: unknown) => void
}

/** About how many bytes one write may hold, and how many may wait before {@link Producer.ready} says so. */
const WRITE_SIZE = 256 * 1024
const PENDING_SIZE = 1024 * 1024
/** A store that fails is asked again for so many leases; then another process may have taken over. */
const PATIENCE = 3

/**
 * The one writer of a run. At most one write is in flight; what is said meanwhile is the next one.
 * A write with an unknown outcome is repeated unchanged until the store answers it or refuses.
 */
export class Producer {
  readonly #options: ProducerOptions
  #queue: Pending[] = []
  #queued = 0
  #tail: number
  #written = 0
  #writing = false
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
    this.#measure(json)
    this.#add(this.#open(), json)
  }

  /**
   * Saves state with the entries so far, in the same write as the last of them (P8).
   * @throws MillraceError as `append`
   */
  checkpoint(json: string): void {
    this.#check()
    this.#measure(json)
    // Nothing was said since an older one that still waits: the newer takes its place.
    const pending = this.#queue.at(-1) ?? this.#open()
    const grown = json.length - (pending.checkpoint?.length ?? 0)
    pending.checkpoint = json
    pending.size += grown
    this.#queued += grown
    this.#schedule()
  }

  /** Signals up to this `seq` are done with; said with the next write. */
  consume(seq: number): void {
    this.#consumed = Math.max(this.#consumed, seq)
  }

  /** Resolves at once while little waits to be written, else once there is room again. */
  ready(): Promise<void> | undefined {
    if (this.#queued < PENDING_SIZE) return undefined
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  /**
   * Adds the terminal entry, whatever its size, and resolves when it is committed (or the lease is
   * lost). A run must not be without an end because the end was refused.
   */
  async end(json: string, status: EndStatus): Promise<void> {
    this.#check()
    const pending = this.#open()
    this.#add(pending, json)
    pending.end = status
    this.#closed = true
    await this.#drained()
  }

  /** Writes out what is there and gives the lease back, so that another process goes on at once. */
  async release(): Promise<void> {
    if (this.#lost || this.#closed) return
    const pending = this.#queue.at(-1) ?? this.#open()
    pending.release = 'queued'
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

  #measure(json: string): void {
    const { maxEntry } = this.#options
    // A UTF-16 unit is at most 3 bytes: only what could be too large is measured.
    if (json.length * 3 > maxEntry && encoder.encode(json).length > maxEntry) {
      throw new MillraceError('too_large', `An entry or a checkpoint is larger than ${String(maxEntry)} bytes. Split it, or raise \`limits.entry\`.`)
    }
  }

  #add(pending: Pending, json: string): void {
    pending.lines.push(json)
    pending.size += json.length
    this.#queued += json.length
    this.#schedule()
  }

  #open(): Pending {
    const last = this.#queue.at(-1)
    if (last && last.checkpoint === undefined && last.size < WRITE_SIZE) return last
    const pending: Pending = { lines: [], size: 0 }
    this.#queue.push(pending)
    return pending
  }

  #schedule(): void {
    if (this.#writing || this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(() => {
      this.#scheduled = false
      this.#next()
    })
  }

  #next(): void {
    if (this.#writing || this.#lost) return
    const pending = this.#queue.shift() ?? (this.#asked && !this.#closed ? { lines: [], size: 0 } : null)
    if (!pending) {
      this.#release()
      return
    }
    this.#asked = false
    this.#queued -= pending.size
    this.#writing = true
    void this.#write(this.#toWrite(pending)).then(() => {
      this.#writing = false
      if (this.#queued < PENDING_SIZE / 2 || this.#isLost()) this.#release()
      this.#next()
    })
  }

  #toWrite({ lines, checkpoint, end, release }: Pending): Write {
    return {
      after: this.#tail,
      bytes: encoder.encode(lines.join('\n')),
      count: lines.length,
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(end === undefined ? {} : { end }),
      ...(release === undefined ? {} : { release }),
      ...(this.#consumed === 0 ? {} : { consumed: this.#consumed }),
    }
  }

  /** Never rejects: a write either lands or the lease is lost. */
  async #write(write: Write): Promise<void> {
    const { store, run, lease } = this.#options
    try {
      const { tail, signals } = await insist(() => store.append(run, lease, write), lease.ttl * PATIENCE)
      this.#tail = tail
      this.#written += write.bytes.length
      this.#lastWrite = performance.now()
      this.#deliver(signals)
    } catch (error) {
      this.#lose(error)
    }
  }

  #deliver(signals: readonly Signal[]): void {
    for (const signal of signals) {
      if (signal.seq <= this.#seen) continue
      this.#seen = signal.seq
      this.#options.onSignal(signal)
    }
  }

  #lose(error: unknown): void {
    this.#lost = { error }
    this.#queue = []
    this.#queued = 0
    this.#options.onLost(error)
    this.#release()
  }

  #drained(): Promise<void> {
    if (this.#queue.length === 0 && !this.#writing) return Promise.resolve()
    return new Promise<void>((resolve) => this.#waiters.push(resolve)).then(() => this.#isLost() ? undefined : this.#drained())
  }

  #release(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }
}
