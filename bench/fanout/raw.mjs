// The limit: one buffer, encoded beforehand, given to `res.write` of every open response.
import { contendWith } from './contender.mjs'
import { SSE_EVENT } from './token.mjs'

const frame = Buffer.from(SSE_EVENT)
const readers = new Set()

function answer(_request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(frame)
  readers.add(response)
  response.on('close', () => readers.delete(response))
}

contendWith(answer, () => {
  for (const response of readers) response.write(frame)
})
