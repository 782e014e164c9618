// AI SDK: a UI message stream of the chunks that `streamText` would give.
import { createServer } from 'node:http'
import { pipeUIMessageStreamToResponse } from 'ai'
import { contend, workOf } from './contender.mjs'
import { generate } from './source.mjs'

async function* chunks(work) {
  for await (const delta of generate(work)) yield { type: 'text-delta', id: '0', delta }
}

const server = createServer(async (request, response) => {
  const work = await workOf(request)
  void pipeUIMessageStreamToResponse({ response, stream: ReadableStream.from(chunks(work)) })
})

server.listen(0, '127.0.0.1', () => contend(`http://127.0.0.1:${server.address().port}/`))
