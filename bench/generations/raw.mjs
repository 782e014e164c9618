// The limit: what an application writes that keeps no log, as `node:http` has it.
import { createServer } from 'node:http'
import { contend, workOf } from './contender.mjs'
import { eventOf, generate } from './source.mjs'

const server = createServer(async (request, response) => {
  const work = await workOf(request)
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  for await (const text of generate(work)) {
    response.write(`data: ${eventOf(text)}\n\n`)
  }
  response.end()
})

server.listen(0, '127.0.0.1', () => contend(`http://127.0.0.1:${server.address().port}/`))
