import type { ServerResponse } from 'node:http'
import { streamOf } from '../../server/body.ts'
import type { Sink, SinkControl, StreamBody } from '../../server/sink.ts'

/** Writes a Web response to a Node one; resolves when it is handed over, not when a stream has ended. */
export async function sendResponse(response: Response, to: ServerResponse): Promise<void> {
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
    } else openStream(stream, to)
    return
  }
  await sendBody(response, to)
}

function openStream(stream: StreamBody, to: ServerResponse): void {
  // The head leaves with the first bytes: corked for as long as it takes to write what is there.
  to.socket?.setNoDelay(true)
  to.flushHeaders()
  if (to.destroyed) {
    stream.discard()
    return
  }
  const control: SinkControl = stream.open(new ResponseSink(to))
  to.on('drain', () => control.drain())
  to.on('close', () => control.close())
}

/** One socket write a batch, of the bytes all readers share. */
class ResponseSink implements Sink {
  readonly #to: ServerResponse

  constructor(to: ServerResponse) {
    this.#to = to
  }

  write(bytes: Uint8Array): boolean {
    return this.#to.write(bytes)
  }

  end(): void {
    this.#to.end()
  }

  /**
   * Cuts the body so that it cannot pass for complete. HTTP/1.1 with chunks: what was written still
   * arrives, then the connection closes without the last chunk. Where the connection's end is the
   * body's end (HTTP/1.0) only a TCP reset tells.
   */
  reset(): void {
    const { socket } = this.#to
    if (!socket) this.#to.destroy()
    else if (this.#to.chunkedEncoding) this.#to.write('', () => socket.destroySoon())
    else socket.resetAndDestroy()
  }
}

async function sendBody(response: Response, to: ServerResponse): Promise<void> {
  const reader = response.body?.getReader()
  const onClose = (): void => {
    if (!to.writableFinished) void reader?.cancel().catch(() => undefined)
  }
  to.on('close', onClose)
  try {
    for (let result = await reader?.read(); result && !result.done; result = await reader?.read()) {
      if (to.write(result.value) === false) await drained(to)
    }
    to.end()
  } catch {
    // The body failed after its head was sent: the client must not take it for complete.
    to.destroy()
  }
}

function drained(to: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done)
      to.off('close', done)
      resolve()
    }
    to.on('drain', done)
    to.on('close', done)
  })
}
