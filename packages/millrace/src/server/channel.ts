import type { Batch } from '../event/batch.ts'
import type { Outline } from '../event/outline.ts'
import type { Chunk } from '../format/bytes.ts'
import { endsRun } from '../run/log.ts'
import type { Tail, TailListener } from '../run/tail.ts'
import type { Encoding } from './encoding.ts'

/** A reader at the tail whose sink has room. */
export interface LiveReader {
  /** The shared chunk of a batch, and whether the run's end is in it: known once for all readers. */
  deliver(chunk: Chunk, batch: Batch, ends: boolean): void
  lost(error: unknown): void
}

/** A reader's place among the live ones. */
export interface Membership {
  leave(): void
  /** The outline after the newest batch: a copy. */
  outline(): Outline | null
}

/** All readers of one tail in one encoding that are at its end: each batch is encoded once for all. */
class Channel implements TailListener {
  readonly #tail: Tail
  readonly #encoding: Encoding
  readonly #readers = new Set<LiveReader>()
  readonly #onEmpty: () => void
  /** After the newest entry; given by the first reader, who had it from catching up. */
  readonly #outline: Outline | null
  #offset: number

  constructor(tail: Tail, encoding: Encoding, outline: Outline | null, onEmpty: () => void) {
    this.#tail = tail
    this.#encoding = encoding
    this.#outline = outline
    this.#offset = tail.offset
    this.#onEmpty = onEmpty
    tail.join(this)
  }

  join(reader: LiveReader): void {
    this.#readers.add(reader)
  }

  leave(reader: LiveReader): void {
    this.#readers.delete(reader)
    if (this.#readers.size > 0) return
    this.#tail.leave(this)
    this.#onEmpty()
  }

  /** A copy, for a reader that goes on alone from here. */
  outline(): Outline | null {
    return this.#outline && structuredClone(this.#outline)
  }

  onBatch(batch: Batch): void {
    const chunk = this.#encode(batch)
    if (chunk === null) return
    const ends = endsRun(batch)
    this.#offset = batch.last
    for (const reader of this.#readers) {
      try {
        reader.deliver(chunk, batch, ends)
      } catch (error) {
        this.#readers.delete(reader)
        reader.lost(error)
      }
    }
  }

  /** `null` where the dialect cannot say it: that ends its own readers, and neither the others nor the process. */
  #encode(batch: Batch): Chunk | null {
    try {
      return this.#encoding.encodeLive(batch, this.#offset, this.#outline)
    } catch (error) {
      this.#tail.leave(this)
      this.onLost(error)
      return null
    }
  }

  onLost(error: unknown): void {
    this.#onEmpty()
    for (const reader of this.#readers) reader.lost(error)
  }
}

/** The channels of this process. */
export class Channels {
  readonly #byTail = new WeakMap<Tail, Map<Encoding, Channel>>()

  /** Adds a reader that stands at the tail's end, with the outline there. */
  join(tail: Tail, encoding: Encoding, outline: Outline | null, reader: LiveReader): Membership {
    const channels = this.#byTail.get(tail) ?? new Map<Encoding, Channel>()
    this.#byTail.set(tail, channels)
    const known = channels.get(encoding)
    const channel = known ?? new Channel(tail, encoding, outline, () => channels.delete(encoding))
    if (!known) channels.set(encoding, channel)
    channel.join(reader)
    return { leave: () => channel.leave(reader), outline: () => channel.outline() }
  }
}
