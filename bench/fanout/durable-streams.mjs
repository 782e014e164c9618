// The one peer here that keeps a log: its reference server, in memory.
import { DurableStreamTestServer } from '@durable-streams/server'
import { contend } from './contender.mjs'
import { JSON_EVENT } from './token.mjs'

const server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1', compression: false })
const url = await server.start()
const event = Buffer.from(JSON_EVENT)
server.store.create('/run', { contentType: 'application/json' })
server.store.append('/run', event, { contentType: 'application/json' })

contend({
  url: `${url}/run?offset=-1&live=sse`,
  emit: () => server.store.append('/run', event, { contentType: 'application/json' }),
})
