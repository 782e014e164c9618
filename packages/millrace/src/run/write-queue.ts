import { MillraceError } from '../event/error.ts'
import type { EndStatus } from '../event/run-event.ts'
import type { Lines } from './composer.ts'
import { LineBuffer, type DeltaHead } from './line-buffer.ts'

const encoder = new TextEncoder()
const NOTHING = new Uint8Array()

/** About how many bytes one write may hold. */
const WRITE_SIZE = 256 * 1024
/** What ends a delta's JSON behind its text, in bytes. */
const DELTA_TAIL = 2

/** A write to be. */
export interface Pending {
  /** Where it goes on from: known when it is made. */
  after: number
  /** Empty while entries are still added: until then they stand in the buffer. */
  bytes: Uint8Array
  parts: Uint8Array | null
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
  /** Of the closed ones, in bytes. */
  #closedSize = 0
  /** Of the next entry. */
  #offset: number
  /** The signal that what is said next is about; 0: none. */
  #taken = 0

  /**
   * @param maxEntry the largest entry (and checkpoint) as JSON, in bytes
   * @param tail where the log ends that is gone on with
   */
  constructor(maxEntry: number, tail: number) {
    this.#maxEntry = maxEntry
    this.#offset = tail + 1
  }

  get isEmpty(): boolean {
    return this.#open === null
  }

  /** Of all that waits, about in bytes. */
  get size(): number {
    return this.#closedSize + this.#buffer.size + (this.#open?.checkpoint?.length ?? 0)
  }

  /** @throws MillraceError `too_large` */
  append(json: string): void {
    if (this.#isTooLarge(json)) throw this.#tooLarge()
    this.#add(json)
  }

  /** @throws MillraceError `too_large` */
  appendDelta(head: DeltaHead, text: string): void {
    // A UTF-16 unit is at most 6 bytes of JSON (3, or `\u0000`): only what could be too large is measured.
    const around = head.length + DELTA_TAIL
    const isSmall = text.length * 6 + around <= this.#maxEntry
    if (!isSmall && (text.length > this.#maxEntry || jsonSizeOf(text) + around > this.#maxEntry)) throw this.#tooLarge()
    const open = this.#opened()
    this.#buffer.addDelta(head, text, this.#offset)
    this.#count(open)
  }

  /** Goes with the entries so far; no more are added to that write. @throws MillraceError `too_large` */
  checkpoint(json: string): void {
    if (this.#isTooLarge(json)) throw this.#tooLarge()
    // Nothing was said since an older one that still waits: the newer takes its place.
    const newest = this.#open ?? this.#opened()
    newest.checkpoint = json
    this.#answer(newest)
  }

  /** The terminal entry, whatever its size. */
  end(json: string, status: EndStatus): void {
    this.#add(json).end = status
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
    const closed = this.#closed.shift()
    if (closed) this.#closedSize -= sizeOf(closed)
    return closed ?? this.#close()
  }

  clear(): void {
    this.#closed.length = 0
    this.#closedSize = 0
    this.#close()
  }

  /** The write that takes entries: a checkpoint covers exactly what came before it. */
  #opened(): Pending {
    if (this.#open && (this.#open.checkpoint !== undefined || this.#buffer.size >= WRITE_SIZE)) {
      const full = this.#close()
      if (full) {
        this.#closed.push(full)
        this.#closedSize += sizeOf(full)
      }
    }
    this.#open ??= { after: 0, bytes: NOTHING, parts: null, count: 0 }
    return this.#open
  }

  #close(): Pending | null {
    const pending = this.#open
    if (pending) {
      const { bytes, parts } = this.#buffer.take()
      pending.bytes = bytes
      pending.parts = parts
    }
    this.#open = null
    return pending
  }

  #answer(pending: Pending): void {
    if (this.#taken === 0) return
    pending.consumed = this.#taken
    this.#taken = 0
  }

  #add(json: string): Pending {
    const open = this.#opened()
    this.#buffer.add(json)
    this.#count(open)
    return open
  }

  #count(open: Pending): void {
    open.count += 1
    this.#offset += 1
    this.#answer(open)
  }

  #isTooLarge(json: string): boolean {
    // A UTF-16 unit is 1 to 3 bytes: only what may be too large is measured, and what must be is not even encoded.
    return json.length > this.#maxEntry || (json.length * 3 > this.#maxEntry && encoder.encode(json).length > this.#maxEntry)
  }

  #tooLarge(): MillraceError {
    return new MillraceError('too_large', `An entry or a checkpoint is larger than ${String(this.#maxEntry)} bytes. Split it, or raise \`limits.entry\`.`)
  }
}

/** Of a text inside the quotes of its JSON, in bytes. */
function jsonSizeOf(text: string): number {
  return encoder.encode(JSON.stringify(text)).length - 2
}

function sizeOf({ bytes, checkpoint }: Pending): number {
  return bytes.length + (checkpoint?.length ?? 0)
}
