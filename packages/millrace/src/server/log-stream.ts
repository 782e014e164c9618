import type { Batch } from '../event/batch.ts'
import { hasCode } from '../event/error.ts'
import type { Outline } from '../event/outline.ts'
import type { Chunk } from '../format/bytes.ts'
import { endsCompleted, endsRun } from '../run/log.ts'
import type { Follower } from '../run/readership.ts'
import type { Channel, LiveReader } from './channel.ts'
import type { Beating } from './heartbeat.ts'
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
  /** What is sent first, to a reader that joins at the tail. */
  readonly preamble?: Chunk
}

/**
 * One reader of one log. At the tail it is a member of a channel and costs one write a batch; while
 * its sink is full, or the log is ahead of it, it reads the log page by page at the sink's own pace,
 * so that what is buffered for it is bounded whatever its speed (P7).
 */
export class LogStream implements StreamBody, SinkControl, LiveReader, Beating, Follower {
  lastSent = 0
  readonly #channel: Channel
  /** No longer than what is in it: there is one for every reader. */
  #whenOver: readonly (() => void)[] = []
  #sink: Sink | null = null
  #at: number
  #epoch: string | null
  #skip: number
  /** At `#at`, where the encoding folds and the reader is on its own. */
  #outline: Outline | null
  #preamble: Chunk | undefined
  #live = false
  #behind = false
  #pumping = false
  /** Nothing more is written to it; what it misses while it is, it reads from the log. */
  #full = false
  /** In ticks of the wheel. */
  #fullSince = 0
  #closed = false

  constructor(channel: Channel, { after, epoch, skip, outline, preamble }: StreamStart) {
    this.#channel = channel
    this.#at = after
    this.#epoch = epoch
    this.#skip = skip
    this.#outline = outline
    this.#preamble = preamble
    channel.tail.retain()
    channel.options.streams.add(this)
    channel.observe('reader_came')
  }

  /** Calls `done` once, when the stream is over in whatever way. */
  whenOver(done: () => void): void {
    if (this.#closed) done()
    else this.#whenOver = [...this.#whenOver, done]
  }

  open(sink: Sink): SinkControl {
    if (this.#closed) {
      // It was lost while nobody had begun to read it.
      sink.reset()
      return this
    }
    this.#sink = sink
    this.#channel.options.heartbeats.add(this)
    if (this.#preamble) this.#write(this.#preamble)
    this.#preamble = undefined
    void this.#pump()
    return this
  }

  drain(): void {
    this.#full = false
    if (!this.#live) void this.#pump()
  }

  discard(): void {
    this.close()
  }

  /** The reader has left, or has all it came for. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const { tail, options } = this.#channel
    options.heartbeats.remove(this)
    options.streams.delete(this)
    this.#channel.leave(this)
    this.#setBehind(false)
    tail.release()
    for (const done of this.#whenOver) done()
    this.#channel.observe('reader_left')
  }

  deliver(chunk: Chunk, batch: Batch, ends: boolean): void {
    if (batch.last <= this.#at) return
    // Not at the moment it fills up: a pulled body is full after every chunk, and has room again before the next.
    if (this.#full) {
      this.#fallBehind()
      return
    }
    this.#at = batch.last
    this.#epoch = batch.epoch
    this.#write(chunk)
    if (ends) this.#finish(batch)
  }

  lost(error: unknown): void {
    this.#live = false
    this.#fail(error)
  }

  beat(): void {
    const { heartbeat } = this.#channel.encoding
    if (heartbeat && !this.#full && !this.#pumping) this.#write(heartbeat)
  }

  get stalled(): number {
    return this.#full ? this.#channel.options.heartbeats.since(this.#fullSince) : 0
  }

  get #hasRoom(): boolean {
    return !this.#closed && !this.#full
  }

  /** Writes from the log until the sink is full, the run's end is written, or the tail is reached. */
  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    const { tail } = this.#channel
    try {
      while (this.#hasRoom) {
        const batches = tail.since(this.#at, this.#epoch)
        const waiting = batches instanceof Promise ? await batches : batches
        if (waiting.length === 0 && this.#at === tail.offset) {
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
    const { chunk, outline } = this.#channel.encoding.encode(batch, this.#at, this.#skip, this.#outline)
    this.#outline = outline
    this.#skip = 0
    this.#at = batch.last
    this.#epoch = batch.epoch
    this.#write(chunk)
    if (endsRun(batch)) this.#finish(batch)
    return this.#hasRoom
  }

  #reachTail(): void {
    if (this.#channel.tail.ended) {
      // Nothing after the terminal entry: the reader had all of it already.
      this.#sink?.end()
      this.close()
      return
    }
    this.#live = true
    this.#setBehind(false)
    this.#channel.join(this, this.#outline)
    this.#outline = null
  }

  #fallBehind(): void {
    this.#live = false
    this.#outline = this.#channel.outline
    this.#channel.leave(this)
    this.#setBehind(true)
  }

  #setBehind(behind: boolean): void {
    if (this.#behind === behind) return
    this.#behind = behind
    const { tail, options } = this.#channel
    options.observe({ type: 'readers_behind', run: tail.run, change: behind ? 1 : -1 })
  }

  #write(chunk: Chunk): void {
    if (this.#closed || chunk.framed.length === 0) return
    this.lastSent = this.#channel.options.heartbeats.now
    if (this.#sink?.write(chunk) !== false) return
    this.#full = true
    this.#fullSince = this.lastSent
  }

  #finish(batch: Batch): void {
    const { tail, tellsEnd } = this.#channel.encoding
    if (tail) this.#write(tail)
    if (tellsEnd || endsCompleted(batch)) this.#sink?.end()
    else this.#sink?.reset()
    this.close()
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    const { encoding, tail, options } = this.#channel
    const told = (['reset', 'gone'] as const).find((code) => hasCode(error, code))
    if (told && encoding.format.cursors) this.#write(encoding.note({ event: told, data: JSON.stringify({ type: told }) }))
    if (!told && !hasCode(error, 'closed') && !hasCode(error, 'unauthorized')) options.logger.warn('A stream was cut.', { run: tail.run, error })
    this.#sink?.reset()
    this.close()
  }
}
