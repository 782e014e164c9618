import { OutgoingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** As Node made them: whoever put others in their place (compression, tracing) wants to see all that is written. */
const write: unknown = Reflect.get(OutgoingMessage.prototype, 'write')
const end: unknown = Reflect.get(OutgoingMessage.prototype, 'end')
const isNode = process.release.name === 'node' && !('bun' in process.versions) && !('deno' in process.versions)

/**
 * The socket whose bytes may be written past a response, chunk framing included: a third less work
 * than `res.write`. `null` wherever anything is other than in the plain case; then the response is
 * written to as always. Asked once its head is sent, which is what begins the body's framing.
 */
export function directSocket(to: ServerResponse): Socket | null {
  const { socket } = to
  // Without one it waits behind an earlier answer. Another class encrypts, or is of another making than Node's own.
  if (!isNode || socket?.constructor !== Socket || !socket.writable) return null
  const isUntouched = to.write === write && to.end === end && !to.hasHeader('Content-Encoding')
  // `_hasBody` is nowhere documented: a Node that has no such thing any more gets the ordinary path (and a test turns red).
  const isChunked = to.chunkedEncoding && '_hasBody' in to && to._hasBody === true
  // What the response itself still holds would come after what goes past it.
  const holdsNothing = to.writableCorked === 0 && to.writableLength === socket.writableLength
  return isUntouched && isChunked && holdsNothing ? socket : null
}
