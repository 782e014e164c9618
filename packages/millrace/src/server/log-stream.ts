import type { Batch } from '../event/batch.ts'
import { hasCode } from '../event/error.ts'
import type { Outline } from '../event/outline.ts'
import { endsCompleted, endsRun } from '../run/log.ts'
import type { Logger } from '../run/logger.ts'
import type { Tail } from '../run/tail.ts'
import type { Channels, LiveReader, Membership } from './channel.ts'
import type { Encoding } from './encoding.ts'
import type { Beating, HeartbeatWheel } from './heartbeat.ts'
import type { Sink, SinkControl, StreamBody } from './sink.ts'

/** Where a stream begins. */
export interface StreamStart {
  readonly after: number
  /** Under which the entry at `after` was written, where the reader told. */
  readonly epoch: string | null
  /** Frames of the next entry that the reader has already. */
  readonly skip: number
  /** At `after`; `null` where the encoding does not fold. */
  readonly outline: Outline | null
}

export interface LogStreamOptions {
  readonly tail: Tail
  readonly channels: Channels
  readonly heartbeats: HeartbeatWheel
  readonly encoding: Encoding
  readonly start: StreamStart
  readonly logger: Logger
  /** Called once, when the stream is over in whatever way. */
  readonly onClose: () => void
}


/**
 * One reader of one log. At the tail it is a member of a channel and costs one write a batch; while
 * its sink is full, or the log is ahead of it, it reads the log page by page at the sink's own pace,
 * so that what is buffered for it is bounded whatever its speed (P7).
 */
export class LogStream implements StreamBody, LiveReader, Beating {
  lastSent = 0
  readonly #options: LogStreamOptions
  readonly #release: () => void
  #sink: Sink | null = null
  #at: number
  #epoch: string | null
  #skip: number
  #outline: Outline | null
  /** Set while it is live. */
  #live: Membership | null = null
  #pumping = false
  #full = false
  #closed = false

  constructor(options: LogStreamOptions) {
    this.#options = options
    this.#at = options.start.after
    this.#epoch = options.start.epoch
    this.#skip = options.start.skip
    this.#outline = options.start.outline
    this.#release = options.tail.hold()
  }

  open(sink: Sink): SinkControl {
    this.#sink = sink
    this.#options.heartbeats.add(this)
    void this.#pump()
    return {
      drain: () => {
        this.#full = false
        void this.#pump()
      },
      close: () => this.#close(),
    }
  }

  discard(): void {
    this.#close()
  }

  deliver(bytes: Uint8Array, batch: Batch, ends: boolean): void {
    if (batch.last <= this.#at) return
    this.#at = batch.last
    this.#epoch = batch.epoch
    this.#write(bytes)
    if (ends) this.#finish(batch)
    else if (this.#full) this.#fallBehind()
  }

  lost(error: unknown): void {
    this.#live = null
    this.#fail(error)
  }

  beat(): void {
    const { heartbeat } = this.#options.encoding
    if (heartbeat && !this.#full && !this.#pumping) this.#write(heartbeat)
    if (this.#full) this.#fallBehind()
  }

  get #hasRoom(): boolean {
    return !this.#closed && !this.#full
  }

  /** Writes from the log until the sink is full, the run's end is written, or the tail is reached. */
  async #pump(): Promise<void> {
    if (this.#pumping || this.#live) return
    this.#pumping = true
    try {
      while (this.#hasRoom) {
        const batches = this.#options.tail.since(this.#at, this.#epoch)
        const waiting = batches instanceof Promise ? await batches : batches
        if (waiting.length === 0 && this.#at === this.#options.tail.offset) {
          this.#reachTail()
          break
        }
        for (const batch of waiting) if (!this.#take(batch)) break
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#pumping = false
    }
  }

  /** @returns whether there is room for more */
  #take(batch: Batch): boolean {
    if (!this.#hasRoom) return false
    if (batch.last <= this.#at) return true
    const bytes = this.#options.encoding.encode(batch, this.#at, this.#skip, this.#outline)
    this.#skip = 0
    this.#at = batch.last
    this.#epoch = batch.epoch
    this.#write(bytes)
    if (endsRun(batch)) this.#finish(batch)
    return this.#hasRoom
  }

  #reachTail(): void {
    const { tail, encoding, channels } = this.#options
    if (tail.ended) {
      // Nothing after the terminal entry: the reader had all of it already.
      this.#sink?.end()
      this.#close()
      return
    }
    this.#live = channels.join(tail, encoding, this.#outline, this)
    this.#outline = null
  }

  #fallBehind(): void {
    if (!this.#live) return
    this.#outline = this.#live.outline()
    this.#live.leave()
    this.#live = null
  }

  #write(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return
    this.lastSent = this.#options.heartbeats.now
    if (this.#sink?.write(bytes) === false) this.#full = true
  }

  #finish(batch: Batch): void {
    if (this.#options.encoding.tellsEnd || endsCompleted(batch)) this.#sink?.end()
    else this.#sink?.reset()
    this.#close()
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    const { encoding, tail, logger } = this.#options
    const told = (['reset', 'gone'] as const).find((code) => hasCode(error, code))
    if (told && encoding.format.cursors) this.#write(encoding.note({ event: told, data: JSON.stringify({ type: told }) }))
    if (!told && !hasCode(error, 'closed')) logger.warn('A stream was cut.', { run: tail.run, error })
    this.#sink?.reset()
    this.#close()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.heartbeats.remove(this)
    this.#live?.leave()
    this.#live = null
    this.#release()
    this.#options.onClose()
  }
}
