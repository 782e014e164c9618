import { ByteWriter, type Chunk } from '../../format/bytes.ts'
import type { Sink } from '../sink.ts'

/** What writes one thing into a buffer. */
export type Fill = (out: ByteWriter) => void

/** The way to a sink that may be full. What finds no room is kept together, and goes as one chunk when there is some. */
export class Outlet {
  readonly #sink: Sink
  readonly #bufferSize: number
  #waiting: ByteWriter | null = null
  #isFull = false
  #resets = false

  /** @param bufferSize bytes that may wait here before nothing more is wanted */
  constructor(sink: Sink, bufferSize: number) {
    this.#sink = sink
    this.#bufferSize = bufferSize
  }

  get isFull(): boolean {
    return this.#isFull
  }

  get hasRoom(): boolean {
    return !this.#isFull || (this.#waiting?.length ?? 0) < this.#bufferSize
  }

  /** @throws whatever `fill` throws; then nothing of it is written */
  write(fill: Fill): void {
    const out = new ByteWriter(256)
    fill(out)
    const chunk = out.take()
    if (!this.#isFull) this.#send(chunk)
    else {
      this.#waiting ??= new ByteWriter()
      this.#waiting.raw(chunk.body)
    }
  }

  drain(): void {
    this.#isFull = false
    this.#flush()
    if (this.#resets && !this.isFull) this.#sink.reset()
  }

  end(): void {
    this.#flush()
    this.#sink.end()
  }

  /** Cuts the body once what was said before has left: a Web stream forgets what still waits when it fails. */
  reset(): void {
    if (this.#isFull) this.#resets = true
    else this.#sink.reset()
  }

  /** Cuts the body now. */
  cut(): void {
    this.#resets = false
    this.#waiting = null
    this.#sink.reset()
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting) this.#send(waiting.take())
  }

  #send(chunk: Chunk): void {
    if (chunk.body.length > 0) this.#isFull = !this.#sink.write(chunk)
  }
}
