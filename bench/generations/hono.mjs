import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { contend } from './contender.mjs'
import { eventOf, generate } from './source.mjs'

const app = new Hono()

app.post('/', async (context) => {
  const work = await context.req.json()
  return streamSSE(context, async (stream) => {
    for await (const text of generate(work)) await stream.writeSSE({ data: eventOf(text) })
  })
})

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => contend(`http://127.0.0.1:${port}/`))
