// The limit: one buffer, encoded beforehand, given to `res.write` of every open response.
import { createServer } from 'node:http'
import { contend } from './contender.mjs'
import { TOKEN } from './token.mjs'

const events = Number(process.argv[2])
// As long as one frame of the logged run: both send the same bytes an event, up to the digits of its offset.
const frame = Buffer.from(`id: 0123abcd-100\ndata: ${JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text: TOKEN })}\n\n`)
const readers = new Set()

const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(frame)
  readers.add(response)
  response.on('close', () => readers.delete(response))
})

function burst(left = events) {
  for (const response of readers) response.write(frame)
  if (left > 1) setImmediate(burst, left - 1)
}

server.listen(0, '127.0.0.1', () => {
  contend({ url: `http://127.0.0.1:${server.address().port}/`, greeting: 1, burst })
})
