// The library as its users have it: a logged run, in the store and behind the server that the arguments name.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve as serveHono } from '@hono/node-server'
import { Hono } from 'hono'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { serve, toNodeHandler } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'
import { contend } from './contender.mjs'
import { Queue } from './queue.mjs'
import { TOKEN } from './token.mjs'

const STORES = {
  memory: () => memory(),
  sqlite() {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
    process.on('exit', () => rmSync(folder, { recursive: true }))
    return sqlite(join(folder, 'log.db'))
  },
}

const SERVERS = {
  serve: async (app) => (await serve(app, { port: 0 })).url,
  /** Inside another's app, which sees every request and response, but through our own bridge. */
  'hono-bridged': (app) =>
    new Promise((resolve) => {
      const server = createServer(toNodeHandler(mounted(app)))
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`))
    }),
  /** The body is an ordinary Web stream, and somebody else's server reads it. */
  'hono-server': (app) =>
    new Promise((resolve) => {
      serveHono({ fetch: mounted(app).fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(`http://127.0.0.1:${port}`))
    }),
}

function mounted(app) {
  const hono = new Hono()
  hono.all('/runs/*', (context) => app.fetch(context.req.raw))
  return hono
}

const [store, server] = process.argv.slice(2)
const texts = new Queue()
let taken = () => {}
const tokens = defineRun({
  async *run() {
    yield TOKEN
    for await (const text of texts) {
      yield text
      taken()
    }
  },
})
const app = createMillrace({ store: STORES[store](), runs: { tokens }, authenticate: anyone })
const { id } = await app.start('tokens', null, { principal: 'anyone' })
contend({
  url: `${await SERVERS[server](app)}/runs/${id}`,
  emit: () =>
    new Promise((resolve) => {
      taken = resolve
      texts.push(TOKEN)
    }),
})
