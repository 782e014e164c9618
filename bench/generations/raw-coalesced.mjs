// The same with one write for all that was said in a turn of the event loop: what few applications do.
import { createServer } from 'node:http'
import { contend, workOf } from './contender.mjs'
import { eventOf, generate } from './source.mjs'

const server = createServer(async (request, response) => {
  const work = await workOf(request)
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  let waiting = ''
  const flush = () => {
    response.write(waiting)
    waiting = ''
  }
  for await (const text of generate(work)) {
    if (waiting === '') setImmediate(flush)
    waiting += `data: ${eventOf(text)}\n\n`
  }
  setImmediate(() => response.end())
})

server.listen(0, '127.0.0.1', () => contend(`http://127.0.0.1:${server.address().port}/`))
