import { MillraceError } from '../../event/error.ts'
import { bytesOf } from '../../format/bytes.ts'

/** What a callable source is given. */
export interface SourceContext {
  /** Aborted when nobody wants any more: the reader has left, the time is over, the stream was stopped. */
  readonly signal: AbortSignal
}

/** Anything that gives one value after another. A string or an array of bytes is one value. */
export type Streamable<T = unknown> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>

/** What a stream is made of. A callable is called when its first value is wanted. */
export type StreamSource<T = unknown> = Streamable<T> | ((context: SourceContext) => Streamable<T> | Promise<Streamable<T>>)

/** @returns what is sent instead of the value; `undefined` sends nothing */
export type Transform = (value: never) => unknown

type Pulled = IteratorResult<unknown, unknown>
interface Puller {
  next(): Pulled | Promise<Pulled>
  return?(): unknown
}

/** A source while it is read: one value at a time, never ahead, and closed once in whatever way it ends. */
export class OpenSource {
  readonly #source: StreamSource
  readonly #transform: Transform | undefined
  readonly #leaving = new AbortController()
  #puller: Promise<Puller> | null = null
  #first: Promise<Pulled> | null = null
  #isDone = false
  #closed: Promise<void> | null = null

  constructor(source: StreamSource, transform?: Transform) {
    this.#source = source
    this.#transform = transform
  }

  /** The first value, which stays the next one. */
  first(): Promise<Pulled> {
    this.#first ??= this.#pull()
    return this.#first
  }

  next(): Promise<Pulled> {
    const next = this.#first ?? this.#pull()
    this.#first = null
    return next
  }

  /** Resolves when the source has cleaned up: also where it never began, or waits for something. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #pull(): Promise<Pulled> {
    try {
      this.#puller ??= open(this.#source, this.#leaving.signal)
      const pulled = await (await this.#puller).next()
      if (pulled.done) this.#isDone = true
      // As `for await` does: a synchronous source may give promises.
      const value = await pulled.value
      return { done: pulled.done ?? false, value: this.#transform && !pulled.done ? await this.#transform(value as never) : value }
    } catch (error) {
      void this.close().catch(() => undefined)
      throw error
    }
  }

  async #close(): Promise<void> {
    if (this.#isDone) return
    this.#leaving.abort()
    if (this.#puller === null && typeof this.#source === 'function') return
    const puller = await (this.#puller ?? open(this.#source, this.#leaving.signal))
    await puller.return?.()
  }
}

async function open(source: StreamSource, signal: AbortSignal): Promise<Puller> {
  const values = typeof source === 'function' ? await source({ signal }) : source
  if (typeof values === 'string' || bytesOf(values) !== null) return [values][Symbol.iterator]()
  if (values instanceof ReadableStream) return pullerOf(values)
  if (isObject(values) && Symbol.asyncIterator in values) return values[Symbol.asyncIterator]()
  if (isObject(values) && Symbol.iterator in values) return values[Symbol.iterator]()
  throw new MillraceError('invalid_request', 'A source is an iterable, a ReadableStream, a string or bytes, or a function that gives one of these.')
}

/** Whatever the types say: a handler of JavaScript may have forgotten its `return`. */
function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** By its reader: not every runtime iterates streams, and a cancelled reader answers a read under way. */
function pullerOf(stream: ReadableStream): Puller {
  const reader = stream.getReader()
  return { next: async () => (await reader.read()) as Pulled, return: () => reader.cancel() }
}
