import type { Chunk } from '../format/bytes.ts'

/** Where a stream's bytes go: a Node response, a Web body, a socket. As thin as can be. */
export interface Sink {
  /**
   * False: it is full now, and `drain` will follow. The chunk is taken in either case, and shared with
   * other readers: whoever writes to an HTTP/1.1 socket itself sends `framed`, everyone else `body`.
   */
  write(chunk: Chunk): boolean
  /** The stream is complete. */
  end(): void
  /** The stream is cut: its body must not look finished (P10). */
  reset(): void
}

/** What a sink says back. */
export interface SinkControl {
  drain(): void
  /** The reader has left. */
  close(): void
}

/** A stream that waits for its sink. Opened at most once. */
export interface StreamBody {
  open(sink: Sink): SinkControl
  /** The stream will never be opened (a HEAD request, a response thrown away). */
  discard(): void
}
