import { createServer } from 'node:http'
import { createEventStream, H3, readBody, toNodeHandler } from 'h3'
import { contend } from './contender.mjs'
import { eventOf, generate } from './source.mjs'

const app = new H3()

app.post('/', async (event) => {
  const work = await readBody(event)
  const stream = createEventStream(event)
  void say(stream, work)
  return stream.send()
})

async function say(stream, work) {
  for await (const text of generate(work)) await stream.push(eventOf(text))
  await stream.close()
}

const server = createServer(toNodeHandler(app))
server.listen(0, '127.0.0.1', () => contend(`http://127.0.0.1:${server.address().port}/`))
