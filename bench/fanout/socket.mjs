// Below the limit: HTTP's own chunk is part of the buffer, and goes to the socket past `res.write`.
import { contendWith } from './contender.mjs'
import { SSE_EVENT } from './token.mjs'

const chunk = Buffer.from(`${Buffer.byteLength(SSE_EVENT).toString(16)}\r\n${SSE_EVENT}\r\n`)
const readers = new Set()

function answer(_request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.flushHeaders()
  const { socket } = response
  socket.write(chunk)
  readers.add(socket)
  socket.on('close', () => readers.delete(socket))
}

contendWith(answer, () => {
  for (const socket of readers) socket.write(chunk)
})
