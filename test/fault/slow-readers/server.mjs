// What slow readers are let loose on: `node --expose-gc server.mjs SOCKET`. Says what it holds when it is asked.
// A Unix socket: over TCP the kernel would take four megabytes for each reader before the process felt any of it.
import { createServer } from 'node:http'
import { anyone, createMillrace, defineRun, memory, streamResponse } from 'millrace'
import { toNodeHandler } from 'millrace/node'

const LINE = `${'water '.repeat(170)}\n`
const MUCH = 8_000

let pulled = 0
function* lines() {
  for (let n = 0; n < MUCH; n += 1) {
    pulled += LINE.length
    yield LINE
  }
}

const mill = defineRun({
  async *run() {
    yield* lines()
  },
})
const app = createMillrace({ store: memory(), runs: { mill }, authenticate: anyone })
const logged = await app.start('mill', null, { principal: 'anyone' })
for await (const entry of logged.follow()) if (entry.type === 'end') break

const fetch = (request) => (new URL(request.url).pathname === '/source' ? streamResponse(() => lines(), { format: 'text' }) : app.fetch(request))
createServer(toNodeHandler({ fetch })).listen(process.argv[2], () => process.send({ log: `/runs/${logged.id}`, size: LINE.length * MUCH }))
process.on('disconnect', () => process.exit())
process.on('message', () => {
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send({ held: heapUsed + external, pulled })
})
