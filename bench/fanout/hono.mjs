import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { contend } from './contender.mjs'
import { Queue } from './queue.mjs'
import { JSON_EVENT } from './token.mjs'

const readers = new Set()
const app = new Hono()

app.get('/', (context) =>
  streamSSE(context, async (stream) => {
    const queue = new Queue()
    queue.push(JSON_EVENT)
    readers.add(queue)
    stream.onAbort(() => readers.delete(queue))
    for await (const data of queue) await stream.writeSSE({ data })
  }))

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  contend({
    url: `http://127.0.0.1:${port}/`,
    emit() {
      for (const queue of readers) queue.push(JSON_EVENT)
    },
  })
})
