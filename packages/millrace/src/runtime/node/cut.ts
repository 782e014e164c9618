import type { ServerResponse } from 'node:http'
import { constants } from 'node:http2'

/** How long what was written has to leave before its connection is cut all the same, in ms. */
const FLUSH_TIME = 10_000

/**
 * Cuts a body so that it cannot pass for complete. HTTP/1.1 with chunks: what was written still
 * arrives, then the connection closes without the last chunk. Where the connection's end is the
 * body's end (HTTP/1.0) only a TCP reset tells, once all that was written has left. HTTP/2 resets
 * the stream alone: its connection is others' too.
 */
export function cutBody(to: ServerResponse): void {
  if (to.req.httpVersionMajor > 1) {
    to.write('', () => resetStream(to))
    return
  }
  const { socket } = to
  const timer = setTimeout(() => socket?.resetAndDestroy(), FLUSH_TIME)
  to.once('close', () => clearTimeout(timer))
  to.write('', () => {
    if (to.chunkedEncoding) socket?.destroySoon()
    else socket?.resetAndDestroy()
  })
}

/** What Node's HTTP/2 hands to a listener for HTTP/1 has its stream beside. Any other code is thrown as an error here. */
function resetStream(to: ServerResponse & { readonly stream?: { close(code: number): void } }): void {
  to.stream?.close(constants.NGHTTP2_CANCEL)
}
