// The one peer that keeps a log: its reference server, in memory. A reader of a stream that goes on takes it as SSE.
import { DurableStreamTestServer } from '@durable-streams/server'
import { tokensOf } from './answer.mjs'
import { contend } from './contender.mjs'

const [state, tokens] = process.argv.slice(2)
const server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1', compression: false })
const url = await server.start()
server.store.create('/run', { contentType: 'application/json' })
for (const text of tokensOf(Number(tokens))) server.store.append('/run', Buffer.from(JSON.stringify({ type: 'delta', text })), { contentType: 'application/json' })
contend(`${url}/run?offset=-1${state === 'running' ? '&live=sse' : ''}`)
