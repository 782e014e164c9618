// One contender: holds idle readers, or lets runs come and go, and says how much memory it has after a collection.
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { serve as serveWeb } from '@hono/node-server'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { serve } from 'millrace/node'

const [form] = process.argv.slice(2)
/** Ended runs go after so many ms; what is measured is whether anything else stays. */
const RETENTION = 1_000
const OPTIONS = { runs: { waits: defineRun({ run: waits }), says: defineRun({ run: says }) }, authenticate: anyone, retention: RETENTION, tombstone: 0, limits: { streams: 100_000 } }

async function* waits() {
  yield 'hello'
  await new Promise(() => {})
}

async function* says() {
  for (let n = 0; n < 20; n += 1) yield 'a word, '
}

async function sizes() {
  // What was closed is let go of some turns later.
  await pause(RETENTION * 2)
  global.gc()
  global.gc()
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heapUsed }
}

async function millrace() {
  const app = createMillrace({ store: memory(), ...OPTIONS })
  const { id } = await app.start('waits', null, { principal: 'anyone' })
  const come = async (runs) => {
    for (let n = 0; n < runs; n += 1) {
      const run = await app.start('says', null, { principal: 'anyone' })
      await (await app.open(run.id, { principal: 'anyone' })).result
    }
  }
  return { url: `${await (form === 'web' ? webServer : ownServer)(app)}/runs/${id}`, come }
}

async function ownServer(app) {
  return (await serve(app, { port: 0 })).url
}

/** Every body a Web stream, as runtimes have it that know nothing of this library. */
function webServer(app) {
  return new Promise((resolve) => serveWeb({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(`http://127.0.0.1:${port}`)))
}

function raw() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.write('data: hello\n\n')
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}/` })))
}

const { url, come } = await (form === 'raw' ? raw() : millrace())
process.on('message', async ({ runs }) => {
  if (runs) await come(runs)
  process.send(await sizes())
})
process.on('disconnect', () => process.exit())
process.send({ url })
