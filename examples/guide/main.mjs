import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMillrace, defineRun, PublicError } from 'millrace'
import { createClient } from 'millrace/client'
import { toNodeHandler } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'
import { z } from 'zod'

// A kind of run: what it takes, what it does, and how another process goes on after it.
const shout = defineRun({
  input: z.object({ words: z.array(z.string()).max(1000), pause: z.number().default(0) }),
  title: ({ words }) => `${words.length} words`,
  recover: 'resume',
  async *run({ input, signal, checkpoint, resumed }) {
    if (input.words.includes('')) throw new PublicError('empty_word', 'One of the words is empty.')
    // The costly part is done once: whoever takes over finds it in the checkpoint.
    const shouted = resumed?.checkpoint?.data ?? input.words.map((word) => word.toUpperCase())
    checkpoint(shouted)
    // The log itself says how far the text got, so that nothing is said twice.
    const said = resumed ? (await resumed.text()).split(' ').length - 1 : 0
    for (const word of shouted.slice(said)) {
      if (signal.aborted) return
      yield `${word} `
      await sleep(input.pause)
    }
    return { shouted: shouted.length }
  },
})

// A server: whoever holds a token owns what is started with it. Two processes may share the file.
const users = new Map([['Bearer token-of-ada', 'ada'], ['Bearer token-of-bob', 'bob']])
const folder = await mkdtemp(join(tmpdir(), 'millrace-guide-'))
const createApp = () =>
  createMillrace({
    store: sqlite(join(folder, 'log.db')),
    runs: { shout },
    authenticate: (request) => users.get(request.headers.get('Authorization') ?? '') ?? null,
  })
let app = createApp()

// Mounted beside routes of your own, in anything that takes a Node request listener.
const server = createServer((request, response) => {
  if (request.url === '/health') response.end('ok')
  else toNodeHandler(app)(request, response)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`
console.log('health:', await (await fetch(`${url}/health`)).text())

// A client: headers are asked for before every request, and a key makes a start safe to repeat.
const ada = createClient(url, { headers: () => ({ Authorization: 'Bearer token-of-ada' }) })
const bob = createClient(url, { headers: () => ({ Authorization: 'Bearer token-of-bob' }) })
const words = 'write a run once and read it anywhere'.split(' ')
const run = await ada.start('shout', { words, pause: 100 }, { key: 'order-7' })
const again = await ada.start('shout', { words, pause: 100 }, { key: 'order-7' })
console.log('the same key is the same run:', again.id === run.id)
console.log('to others it is not there:', await bob.open(run.id).snapshot().catch((error) => error.code))

// The server is replaced in mid-run. The reader does nothing; the work goes on after its checkpoint.
let text = ''
for await (const piece of run.text()) {
  if (text === '') {
    const old = app
    app = createApp()
    await old.close()
  }
  text += piece
}
const { status, result } = await run.result
console.log(text.trim(), status, result)

// What a handler says in public reaches its readers, and nothing else does.
const failed = await (await ada.start('shout', { words: ['a', ''] })).result
console.log(failed.status, failed.error)
console.log((await ada.list()).runs.map(({ title, status }) => `${title}: ${status}`))

await app.close()
await new Promise((resolve) => {
  server.close(resolve)
  server.closeAllConnections()
})
await rm(folder, { recursive: true })
