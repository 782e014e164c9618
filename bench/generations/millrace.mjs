// The library as its users have it: every generation a logged run, started and read by one POST.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'
import { contend } from './contender.mjs'
import { generate } from './source.mjs'

const [kept, retention] = process.argv.slice(2)
const tokens = defineRun({ run: ({ input }) => generate(input) })
const app = createMillrace({ store: storeOf(kept), runs: { tokens }, authenticate: anyone, retention: Number(retention), tombstone: 0 })
const { url } = await serve(app, { port: 0 })
contend(`${url}/runs/tokens`)

/** @param {string} kept `memory`, or what an SQLite write survives: `process` or `power` */
function storeOf(kept) {
  if (kept === 'memory') return memory()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return sqlite(join(folder, 'log.db'), { durability: kept })
}
