import { PublicError } from '../../event/error.ts'
import type { Format } from '../../format/format.ts'
import { after } from '../../run/after.ts'
import type { Logger } from '../../run/logger.ts'
import type { Beating, HeartbeatWheel } from '../heartbeat.ts'
import type { Sink, SinkControl, StreamBody } from '../sink.ts'
import type { StreamEnding, StreamObserver } from './observer.ts'
import { Outlet, type Fill } from './outlet.ts'
import type { OpenSource } from './source.ts'

/** How a source becomes a stream. */
export interface Manner {
  readonly format: Format
  /** What writes a value; `null` where it says nothing. @throws MillraceError `invalid_event` */
  readonly fillOf: (value: unknown) => Fill | null
  /** What writes an error for the reader; `null` where nothing is told (P11). */
  readonly tell: (error: unknown) => Fill | null
  readonly bufferSize: number
  /** `null`: none. */
  readonly heartbeats: HeartbeatWheel | null
  /** In ms; `null`: none. */
  readonly timeLimit: number | null
  /** Comments, in formats that have them. */
  readonly initialMessage: string | null
  readonly closeMessage: string | null
  readonly logger: Logger
  readonly observers: readonly StreamObserver[]
}

/** How long a source that ignores its signal is waited for when it is closed, in ms. */
const CLOSING_TIME = 2_000

/**
 * A stream without a log. Its source is asked for a value only while the sink has room, or the bounded
 * buffer before it has; the value under way is kept whatever the heartbeats say meanwhile.
 */
export class SourceStream implements StreamBody, SinkControl, Beating {
  lastSent = 0
  readonly #source: OpenSource
  readonly #manner: Manner
  #outlet: Outlet | null = null
  #callOff: (() => void) | null = null
  #count = 0
  #isPulling = false
  #isStopped = false
  #isOver = false

  constructor(source: OpenSource, manner: Manner) {
    this.#source = source
    this.#manner = manner
  }

  open(sink: Sink): SinkControl {
    const { heartbeats, timeLimit, bufferSize, initialMessage, format, observers } = this.#manner
    if (this.#isOver) {
      sink.reset()
      return this
    }
    this.#outlet = new Outlet(sink, bufferSize)
    heartbeats?.add(this)
    if (timeLimit !== null) this.#callOff = after(timeLimit, () => this.#outOfTime())
    for (const observer of observers) observer.started?.()
    this.#comment(initialMessage)
    this.#write((out) => out.raw(format.around?.head ?? NOTHING))
    if (this.#isStopped) this.stop()
    else void this.#pull()
    return this
  }

  drain(): void {
    this.#outlet?.drain()
    void this.#pull()
  }

  /** Whoever asked has left. Once it is open, its sink says so itself. */
  discard(): void {
    if (this.#outlet === null) this.close()
  }

  /** The reader has left. */
  close(): void {
    this.#settle({ status: 'cancelled' })
  }

  /** Ends the stream cleanly, whatever its source would say yet. */
  stop(): void {
    this.#isStopped = true
    if (!this.#isOver && this.#outlet) this.#finish({ status: 'cancelled' })
  }

  /** Cut from outside, and at once: it is no failure of its source, so it is neither logged nor told. */
  lost(error: unknown): void {
    if (this.#isOver) return
    this.#outlet?.cut()
    this.#settle({ status: 'failed', error })
  }

  beat(): void {
    const { heartbeat } = this.#manner.format
    if (heartbeat && this.#outlet?.isFull === false) this.#write((out) => out.raw(heartbeat))
  }

  /** Asked anew after every wait: much may have happened meanwhile. */
  get #wantsMore(): boolean {
    return !this.#isOver && this.#outlet?.hasRoom === true
  }

  async #pull(): Promise<void> {
    if (this.#isPulling) return
    this.#isPulling = true
    try {
      while (this.#wantsMore) {
        const { done, value } = await this.#source.next()
        if (this.#isOver) break
        if (done) this.#finish({ status: 'completed' })
        else this.#say(value)
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isPulling = false
    }
  }

  #say(value: unknown): void {
    const { format, fillOf, observers } = this.#manner
    const fill = fillOf(value)
    if (fill === null) return
    this.#write((out) => {
      if (this.#count > 0) out.raw(format.around?.separator ?? NOTHING)
      fill(out)
    })
    this.#count += 1
    for (const observer of observers) observer.item?.(value)
  }

  #comment(text: string | null): void {
    const { comment } = this.#manner.format
    if (text !== null && comment) this.#write((out) => comment(out, text))
  }

  #write(fill: Fill): void {
    this.lastSent = this.#manner.heartbeats?.now ?? 0
    this.#outlet?.write(fill)
  }

  #finish(ending: StreamEnding): void {
    const { format, closeMessage } = this.#manner
    this.#write((out) => out.raw(format.around?.tail ?? NOTHING))
    this.#comment(closeMessage)
    this.#outlet?.end()
    this.#settle(ending)
  }

  /** Never ended: a body that lacks its end must not look whole (P10). */
  #fail(error: unknown): void {
    if (this.#isOver) return
    const { tell, closeMessage, logger } = this.#manner
    logger.error('A stream failed.', { error })
    const told = tell(error)
    if (told) this.#write(told)
    this.#comment(closeMessage)
    this.#outlet?.reset()
    this.#settle({ status: 'failed', error })
  }

  #outOfTime(): void {
    const isStuck = this.#outlet?.isFull === true
    this.#fail(new PublicError('time_limit', 'The stream took longer than it may.'))
    // Who does not read must not hold its connection beyond the limit either.
    if (isStuck) this.#outlet?.cut()
  }

  #settle(ending: StreamEnding): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#callOff?.()
    this.#manner.heartbeats?.remove(this)
    void this.#closeSource().then(() => {
      for (const observer of this.#manner.observers) this.#tellEnd(observer, ending)
    })
  }

  /** One that fails must not keep the others from closing what is theirs, nor end the process. */
  #tellEnd(observer: StreamObserver, ending: StreamEnding): void {
    try {
      observer.ended?.(ending)
    } catch (error) {
      this.#manner.logger.error('What observes a stream failed.', { error })
    }
  }

  async #closeSource(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSING_TIME)))
    const closed = this.#source.close().catch((error: unknown) => this.#manner.logger.error('A source failed to close.', { error }))
    await Promise.race([closed, patience])
    clearTimeout(timer)
  }
}

const NOTHING = new Uint8Array(0)
