import type { ServerResponse } from 'node:http'
import type { Chunk } from '../../format/bytes.ts'
import { streamOf } from '../../server/body.ts'
import type { Sink, SinkControl, StreamBody } from '../../server/sink.ts'

/**
 * Writes a Web response to a Node one; resolves when it is handed over, not when a stream has ended.
 * @param leaving aborted when the client has left
 */
export async function sendResponse(response: Response, to: ServerResponse, leaving: AbortSignal): Promise<void> {
  try {
    // What a response holds (a place among the streams, a watch) is given back also if nobody takes it.
    if (leaving.aborted) await response.body?.cancel()
    else await send(response, to, leaving)
  } catch (error) {
    if (response.body?.locked === false) await response.body.cancel()
    throw error
  }
}

async function send(response: Response, to: ServerResponse, leaving: AbortSignal): Promise<void> {
  to.statusCode = response.status
  response.headers.forEach((value, name) => {
    if (name !== 'set-cookie') to.setHeader(name, value)
  })
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) to.setHeader('Set-Cookie', cookies)
  const stream = streamOf(response)
  if (stream) {
    if (to.req.method === 'HEAD') {
      stream.discard()
      to.end()
    } else openStream(stream, to, leaving)
    return
  }
  await sendBody(response, to, leaving)
}

function openStream(stream: StreamBody, to: ServerResponse, leaving: AbortSignal): void {
  to.flushHeaders()
  const control: SinkControl = stream.open(new ResponseSink(to))
  to.on('drain', () => control.drain())
  leaving.addEventListener('abort', () => control.close())
}

/** How long what was written has to leave before its connection is cut all the same, in ms. */
const FLUSH_TIME = 10_000

/** One socket write a batch, of the bytes all readers share. */
class ResponseSink implements Sink {
  readonly #to: ServerResponse

  constructor(to: ServerResponse) {
    this.#to = to
  }

  write({ body }: Chunk): boolean {
    return this.#to.write(toBuffer(body))
  }

  end(): void {
    this.#to.end()
  }

  /**
   * Cuts the body so that it cannot pass for complete. HTTP/1.1 with chunks: what was written still
   * arrives, then the connection closes without the last chunk. Where the connection's end is the
   * body's end (HTTP/1.0) only a TCP reset tells, once all that was written has left.
   */
  reset(): void {
    const to = this.#to
    const { socket } = to
    const timer = setTimeout(() => socket?.resetAndDestroy(), FLUSH_TIME)
    to.once('close', () => clearTimeout(timer))
    to.write('', () => {
      if (to.chunkedEncoding) socket?.destroySoon()
      else socket?.resetAndDestroy()
    })
  }
}

let shared: { readonly bytes: Uint8Array; readonly buffer: Buffer } | null = null

/** Node makes a Buffer of any other bytes at every write: here once a batch, which goes to one reader after another. */
function toBuffer(bytes: Uint8Array): Buffer {
  if (shared?.bytes !== bytes) shared = { bytes, buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
  return shared.buffer
}

async function sendBody(response: Response, to: ServerResponse, leaving: AbortSignal): Promise<void> {
  const reader = response.body?.getReader()
  leaving.addEventListener('abort', () => void reader?.cancel().catch(() => undefined))
  try {
    for (let result = await reader?.read(); result && !result.done; result = await reader?.read()) {
      if (!to.write(result.value)) await drained(to, leaving)
    }
    to.end()
  } catch {
    // The body failed after its head was sent: the client must not take it for complete.
    to.destroy()
  }
}

function drained(to: ServerResponse, leaving: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done)
      leaving.removeEventListener('abort', done)
      resolve()
    }
    to.on('drain', done)
    leaving.addEventListener('abort', done)
  })
}
