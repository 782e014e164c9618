import { createServer } from 'node:http'
import { createSession } from 'better-sse'
import { contend, workOf } from './contender.mjs'
import { generate, said } from './source.mjs'

const server = createServer(async (request, response) => {
  const work = await workOf(request)
  const session = await createSession(request, response)
  for await (const text of generate(work)) session.push(said(text))
  response.end()
})

server.listen(0, '127.0.0.1', () => contend(`http://127.0.0.1:${server.address().port}/`))
