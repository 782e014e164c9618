import { MillraceError } from '../event/error.ts'
import type { EndStatus } from '../event/run-event.ts'
import type { Lines } from './composer.ts'
import { LineBuffer, type DeltaHead } from './line-buffer.ts'

const encoder = new TextEncoder()
const NOTHING = new Uint8Array()

/** About how many bytes one write may hold. */
const WRITE_SIZE = 256 * 1024

/** A write to be. */
export interface Pending {
  /** Where it goes on from: known when it is made. */
  after: number
  /** Empty while entries are still added: until then they stand in the buffer. */
  bytes: Uint8Array
  count: number
  checkpoint?: string
  end?: EndStatus
  release?: 'queued' | 'waiting'
  wait?: number
  /** Signals up to this `seq` are done with once this is written. */
  consumed?: number
}

/** What a producer has said and not written yet: one write to be, or several where one cannot hold it. */
export class WriteQueue implements Lines {
  readonly #maxEntry: number
  readonly #buffer = new LineBuffer()
  /** Those that take no more entries; never without an open one behind them. */
  readonly #closed: Pending[] = []
  #open: Pending | null = null
  #size = 0
  /** The signal that what is said next is about; 0: none. */
  #taken = 0

  /** @param maxEntry the largest entry (and checkpoint) as JSON, in bytes */
  constructor(maxEntry: number) {
    this.#maxEntry = maxEntry
  }

  get isEmpty(): boolean {
    return this.#open === null
  }

  /** Of all that waits, about in bytes. */
  get size(): number {
    return this.#size
  }

  /** @throws MillraceError `too_large` */
  append(json: string): void {
    // In UTF-8 it is no shorter: what cannot fit is not even encoded.
    if (json.length > this.#maxEntry) throw this.#tooLarge()
    const open = this.#opened()
    const before = this.#buffer.size
    this.#buffer.add(json)
    this.#count(open, before, this.#maxEntry)
  }

  /** @throws MillraceError `too_large` */
  appendDelta(head: DeltaHead, text: string): void {
    if (text.length > this.#maxEntry) throw this.#tooLarge()
    const open = this.#opened()
    const before = this.#buffer.size
    this.#buffer.addDelta(head, text)
    this.#count(open, before, this.#maxEntry)
  }

  /** Goes with the entries so far; no more are added to that write. @throws MillraceError `too_large` */
  checkpoint(json: string): void {
    // A UTF-16 unit is at most 3 bytes: only what could be too large is measured.
    if (json.length * 3 > this.#maxEntry && encoder.encode(json).length > this.#maxEntry) throw this.#tooLarge()
    // Nothing was said since an older one that still waits: the newer takes its place.
    const newest = this.#open ?? this.#opened()
    this.#size += json.length - (newest.checkpoint?.length ?? 0)
    newest.checkpoint = json
    this.#answer(newest)
  }

  /** The terminal entry, whatever its size. */
  end(json: string, status: EndStatus): void {
    const open = this.#opened()
    const before = this.#buffer.size
    this.#buffer.add(json)
    this.#count(open, before, Infinity)
    open.end = status
  }

  release(as: 'queued' | 'waiting', wait: number): void {
    const newest = this.#open ?? this.#opened()
    newest.release = as
    if (as === 'waiting' && wait !== Infinity) newest.wait = wait
  }

  /** The signal with this `seq` is done with by the write of what is said or saved next. */
  take(seq: number): void {
    this.#taken = seq
  }

  /** Signals up to this `seq` are done with by the last of what waits. False where nothing does. */
  consume(seq: number): boolean {
    this.#taken = 0
    if (!this.#open) return false
    this.#open.consumed = Math.max(this.#open.consumed ?? 0, seq)
    return true
  }

  /** The next write; nothing is added to it any more. */
  next(): Pending | null {
    const pending = this.#closed.shift() ?? this.#close()
    if (pending) this.#size -= sizeOf(pending)
    return pending
  }

  clear(): void {
    this.#closed.length = 0
    this.#close()
    this.#size = 0
  }

  /** The write that takes entries: a checkpoint covers exactly what came before it. */
  #opened(): Pending {
    if (this.#open && (this.#open.checkpoint !== undefined || this.#buffer.size >= WRITE_SIZE)) {
      const full = this.#close()
      if (full) this.#closed.push(full)
    }
    this.#open ??= { after: 0, bytes: NOTHING, count: 0 }
    return this.#open
  }

  #close(): Pending | null {
    const pending = this.#open
    if (pending) pending.bytes = this.#buffer.take()
    this.#open = null
    return pending
  }

  #answer(pending: Pending): void {
    if (this.#taken === 0) return
    pending.consumed = this.#taken
    this.#taken = 0
  }

  #count(open: Pending, before: number, most: number): void {
    const added = this.#buffer.size - before
    // One of them parts it from the line before.
    if (added - (before === 0 ? 0 : 1) > most) {
      this.#buffer.cut(before)
      throw this.#tooLarge()
    }
    open.count += 1
    this.#size += added
    this.#answer(open)
  }

  #tooLarge(): MillraceError {
    return new MillraceError('too_large', `An entry or a checkpoint is larger than ${String(this.#maxEntry)} bytes. Split it, or raise \`limits.entry\`.`)
  }
}

function sizeOf({ bytes, checkpoint }: Pending): number {
  return bytes.length + (checkpoint?.length ?? 0)
}
