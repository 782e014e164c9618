import { setTimeout as sleep } from 'node:timers/promises'
import { createMillrace, defineRun, memory } from 'millrace'
import { createClient } from 'millrace/client'
import { overWebSocket } from 'millrace/client/websocket'
import { serve } from 'millrace/node'
import { progressText } from 'millrace/progress'
import { streamToWebSocket } from 'millrace/streaming'
import { WebSocket, WebSocketServer } from 'ws'

const count = defineRun({
  async *run({ input, signal }) {
    for (let n = 1; n <= input.to && !signal.aborted; n += 1) {
      yield { type: 'progress', item: 'count', status: 'running', done: n, total: input.to }
      yield `${n} `
      await sleep(5)
    }
  },
})

// Faster than anybody reads.
const flood = defineRun({
  async *run({ input }) {
    for (let n = 0; n < input.pages; n += 1) yield 'a line like any other of so many\n'.repeat(2000)
  },
})

// A server that knows its callers by a token. It takes WebSockets by itself, since `ws` is installed.
const USERS = { 'Bearer secret': 'ada' }
const authenticate = (request) => USERS[request.headers.get('Authorization')] ?? null
const app = createMillrace({ store: memory(), runs: { count, flood }, authenticate })
const server = await serve(app, { port: 0 })

// The client as always, but over one socket. A page needs no `WebSocket` here: it has one.
const client = createClient(server.url, {
  headers: async () => ({ Authorization: 'Bearer secret' }),
  host: overWebSocket({ WebSocket }),
})
const runs = await Promise.all([client.start('count', { to: 5 }), client.start('count', { to: 10 }), client.start('count', { to: 1000 })])
const [five, ten, longest] = runs
console.log(await textOf(five), '|', await textOf(ten))

for await (const entry of longest.follow()) if (entry.type === 'progress' && entry.done === 3) break
await longest.cancel()
console.log((await longest.result).status)

// A reader that is slower than its answer: once 8 KiB wait for it the server is asked to wait, and to go on when half are left.
const asked = []
class Listened extends WebSocket {
  send(text) {
    asked.push(JSON.parse(text).type)
    super.send(text)
  }
}
const slow = createClient(server.url, {
  headers: async () => ({ Authorization: 'Bearer secret' }),
  host: overWebSocket({ WebSocket: Listened, maxBuffered: 8 * 1024 }),
})
const long = await slow.start('flood', { pages: 200 })
let lines = 0
for await (const entry of long.follow()) {
  if (entry.type === 'delta') lines += entry.text.split('\n').length - 1
  await sleep(1)
}
console.log(`${lines} lines, paused: ${asked.includes('pause')}, went on: ${asked.includes('resume')}`)

// How far something is, by hand: a page says no headers, and is let in by its cookie or an `auth` message.
const watching = new WebSocket(server.url.replace('http', 'ws') + '/runs', { headers: { Authorization: 'Bearer secret' } })
watching.onmessage = ({ data }) => {
  const { type, frames = [] } = JSON.parse(data)
  if (type === 'ready') watching.send(JSON.stringify({ type: 'progress', ref: 'bar', group: ten.id }))
  for (const { data: snapshot } of frames) console.log(progressText(snapshot))
  if (type === 'end') watching.close()
}
await new Promise((resolve) => (watching.onclose = resolve))

await app.close()
await server.close()

// Without a log: any source as the messages of any socket.
const plain = new WebSocketServer({ port: 0 })
plain.on('connection', (socket) => streamToWebSocket(socket, ['any ', 'source']))
const words = new WebSocket(`ws://127.0.0.1:${plain.address().port}`)
words.on('message', (data) => process.stdout.write(String(data)))
words.on('close', () => plain.close())

async function textOf(run) {
  let all = ''
  for await (const text of run.text()) all += text
  return all.trim()
}
