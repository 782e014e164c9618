import { programAt } from '../../../support/engines.ts'
import { postgresHarness, withUrl } from '../../../support/postgres-harness.ts'
import { ask, startPostgres } from '../../../support/postgres-server.ts'
import type { Row } from '../oracle/evidence.ts'
import type { Endpoint, Engine, EngineSort } from './engine.ts'

const SCHEME = 'postgres'
const PROGRAM = 'postgres'
/** As it comes: what is acknowledged is on the disk. */
const SETTINGS = { fsync: 'on', full_page_writes: 'on' }

export const postgres: EngineSort = {
  scheme: SCHEME,
  program: PROGRAM,
  async start(address) {
    if (address !== SCHEME) {
      const { hostname, port } = new URL(address)
      return engineAt({ host: hostname, port: Number(port === '' ? 5_432 : port) }, address, null, () => Promise.resolve())
    }
    const server = await startPostgres(programAt(PROGRAM) ?? PROGRAM, { settings: SETTINGS })
    const crash = { kill: () => server.kill(), start: () => server.start() }
    return engineAt({ host: '127.0.0.1', port: server.port }, server.url, crash, async () => server[Symbol.asyncDispose]())
  },
  harness: (engine) => postgresHarness(withUrl(engine.address())),
}

function engineAt(endpoint: Endpoint, url: string, crash: Engine['crash'], close: () => Promise<void>): Engine {
  return {
    endpoint, crash, close,
    address(by = endpoint) {
      const through = new URL(url)
      through.hostname = by.host
      through.port = String(by.port)
      return through.href
    },
    readRows: (run) => rowsIn(url, run),
  }
}

async function rowsIn(url: string, run: string): Promise<readonly Row[]> {
  const rows = await ask(url, `
    SELECT batches.first::int, batches.last::int, convert_from(batches.bytes, 'UTF8') AS text
    FROM millrace.batches JOIN millrace.runs ON runs.key = batches.run WHERE runs.id = $1 ORDER BY batches.first`, [run])
  return rows.map(({ first, last, text }) => ({ first: Number(first), last: Number(last), text: String(text) }))
}
