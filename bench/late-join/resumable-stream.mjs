// A running stream in its producer's memory, handed to late readers over Redis. Of a finished one it keeps nothing.
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { createResumableStreamContext } from 'resumable-stream/ioredis'
import { tokensOf } from './answer.mjs'
import { contend } from './contender.mjs'

const [port, tokens] = process.argv.slice(2)
const context = createResumableStreamContext({ waitUntil: null, publisher: new Redis(Number(port)), subscriber: new Redis(Number(port)) })
const texts = tokensOf(Number(tokens))
const source = () => new ReadableStream({
  start(controller) {
    for (const text of texts) controller.enqueue(`data: ${JSON.stringify({ type: 'text-delta', id: '0', delta: text })}\n\n`)
  },
})
const first = await context.createNewResumableStream('run', source)
const reader = first.getReader()
for (let left = texts.length; left > 0; left -= 1) await reader.read()

const server = createServer(async (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  const stream = await context.resumeExistingStream('run')
  for await (const chunk of stream) response.write(chunk)
})
server.listen(0, '127.0.0.1', () => contend(`http://127.0.0.1:${server.address().port}/`))
