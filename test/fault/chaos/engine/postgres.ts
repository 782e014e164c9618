import { programAt } from '../../../support/engines.ts'
import { postgresHarness, withUrl } from '../../../support/postgres-harness.ts'
import { ask, startPostgres } from '../../../support/postgres-server.ts'
import type { Row } from '../oracle/evidence.ts'
import type { EngineSort } from './engine.ts'
import { serverSort } from './server.ts'

const PROGRAM = 'postgres'
/** As it comes: what is acknowledged is on the disk. */
const SETTINGS = { fsync: 'on', full_page_writes: 'on' }

export const postgres: EngineSort = serverSort({
  scheme: 'postgres',
  program: PROGRAM,
  port: 5_432,
  launch: () => startPostgres(programAt(PROGRAM) ?? PROGRAM, { settings: SETTINGS }),
  readRows: rowsIn,
  harness: (url) => postgresHarness(withUrl(url)),
})

async function rowsIn(url: string, run: string): Promise<readonly Row[]> {
  const rows = await ask(url, `
    SELECT batches.first::int, batches.last::int, convert_from(batches.bytes, 'UTF8') AS text
    FROM millrace.batches JOIN millrace.runs ON runs.key = batches.run WHERE runs.id = $1 ORDER BY batches.first`, [run])
  return rows.map(({ first, last, text }) => ({ first: Number(first), last: Number(last), text: String(text) }))
}
