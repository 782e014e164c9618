import type { Batch } from '../event/batch.ts'
import type { Outline } from '../event/outline.ts'
import type { Chunk } from '../format/bytes.ts'
import type { Logger } from '../run/logger.ts'
import type { Observe } from '../run/news.ts'
import type { Tail, TailListener } from '../run/tail.ts'
import type { Leaver } from './drain.ts'
import type { Encoded, Encoding } from './encoding.ts'
import type { HeartbeatWheel } from './heartbeat.ts'

/** A reader at the tail whose sink has room. */
export interface LiveReader {
  /** The shared chunk of a batch, and whether the run's end is in it: known once for all readers. */
  deliver(chunk: Chunk, batch: Batch, ends: boolean): void
  lost(error: unknown): void
}

/** What every channel of a process works with. */
export interface ChannelOptions {
  /** The open streams of the process. */
  readonly streams: Set<Leaver>
  readonly heartbeats: HeartbeatWheel
  readonly observe: Observe
  readonly logger: Logger
}

/**
 * What all readers of one tail in one encoding have in common. Those that are live, at the tail's
 * end with room for more, are handed each batch, encoded once for all.
 */
export class Channel implements TailListener {
  readonly tail: Tail
  readonly encoding: Encoding
  readonly options: ChannelOptions
  readonly #kind: string
  readonly #live = new Set<LiveReader>()
  /** After the newest batch, while anybody is live. */
  #offset = 0
  #outline: Outline | null = null

  constructor(tail: Tail, kind: string, encoding: Encoding, options: ChannelOptions) {
    this.tail = tail
    this.#kind = kind
    this.encoding = encoding
    this.options = options
  }

  /** Before the batch that is being delivered, after the newest one else: shared, for whoever goes on alone from there. */
  get outline(): Outline | null {
    return this.#outline
  }

  /** Adds a reader that stands at the tail's end, with the outline there. */
  join(reader: LiveReader, outline: Outline | null): void {
    this.#live.add(reader)
    if (this.#live.size > 1) return
    this.#offset = this.tail.offset
    this.#outline = outline
    this.tail.join(this)
  }

  leave(reader: LiveReader): void {
    if (this.#live.delete(reader) && this.#live.size === 0) this.tail.leave(this)
  }

  /** Tells what observes this server of a reader here. */
  observe(type: 'reader_came' | 'reader_left'): void {
    const { dialect, format } = this.encoding
    this.options.observe({ type, run: this.tail.run, kind: this.#kind, dialect: dialect.name, format: format.name })
  }

  onBatch(batch: Batch): void {
    const encoded = this.#encode(batch)
    if (encoded === null) return
    const ends = this.tail.ended
    for (const reader of this.#live) {
      try {
        reader.deliver(encoded.chunk, batch, ends)
      } catch (error) {
        this.leave(reader)
        reader.lost(error)
      }
    }
    // Not before: who has no room for this batch goes on alone from where it begins.
    this.#offset = batch.last
    this.#outline = encoded.outline
  }

  onLost(error: unknown): void {
    const lost = [...this.#live]
    this.#live.clear()
    for (const reader of lost) reader.lost(error)
  }

  /** `null` where the dialect cannot say it: that ends its own readers, and neither the others nor the process. */
  #encode(batch: Batch): Encoded | null {
    try {
      return this.encoding.encodeLive(batch, this.#offset, this.#outline)
    } catch (error) {
      this.tail.leave(this)
      this.onLost(error)
      return null
    }
  }
}

/** The channels of this process: each as long as its tail. */
export class Channels {
  readonly #byTail = new WeakMap<Tail, Map<Encoding, Channel>>()
  readonly #options: ChannelOptions

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** @param kind of the tail's run */
  of(tail: Tail, kind: string, encoding: Encoding): Channel {
    const channels = this.#byTail.get(tail) ?? new Map<Encoding, Channel>()
    this.#byTail.set(tail, channels)
    const channel = channels.get(encoding) ?? new Channel(tail, kind, encoding, this.#options)
    channels.set(encoding, channel)
    return channel
  }
}
