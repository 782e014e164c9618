import type { Batch } from '../event/batch.ts'
import type { Outline } from '../event/outline.ts'
import { endsRun } from '../run/log.ts'
import type { Tail, TailListener } from '../run/tail.ts'
import type { Encoding } from './encoding.ts'

/** A reader at the tail whose sink has room. */
export interface LiveReader {
  /** The shared bytes of a batch, and whether the run's end is in it: known once for all readers. */
  deliver(bytes: Uint8Array, batch: Batch, ends: boolean): void
  lost(error: unknown): void
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

  /** @returns a copy of the outline where the reader stands, for it to go on alone */
  leave(reader: LiveReader): Outline | null {
    this.#readers.delete(reader)
    const outline = structuredClone(this.#outline)
    if (this.#readers.size === 0) {
      this.#tail.leave(this)
      this.#onEmpty()
    }
    return outline
  }

  onBatch(batch: Batch): void {
    try {
      const bytes = this.#encoding.encode(batch, this.#offset, 0, this.#outline)
      const ends = endsRun(batch)
      this.#offset = batch.last
      for (const reader of this.#readers) reader.deliver(bytes, batch, ends)
    } catch (error) {
      // A dialect of the user's own may throw: that ends its own readers, not the process.
      this.#tail.leave(this)
      this.onLost(error)
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

  /** Adds a reader that stands at the tail's end. @returns what takes it out again */
  join(tail: Tail, encoding: Encoding, outline: Outline | null, reader: LiveReader): () => Outline | null {
    const channels = this.#byTail.get(tail) ?? new Map<Encoding, Channel>()
    this.#byTail.set(tail, channels)
    const known = channels.get(encoding)
    const channel = known ?? new Channel(tail, encoding, outline, () => channels.delete(encoding))
    if (!known) channels.set(encoding, channel)
    channel.join(reader)
    return () => channel.leave(reader)
  }
}
