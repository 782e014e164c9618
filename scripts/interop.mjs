// `npm run interop`: runs the tests with other people's clients and writes what came of them into docs/interop.md.
import './lib/require-node.mjs'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIfStale } from './lib/build.mjs'
import { provideEngines } from './lib/engines.mjs'
import { install } from './lib/install.mjs'
import { BEGIN, END, interopFiles, rowsOf, tableOf } from './lib/interop.mjs'
import { root } from './lib/root.mjs'
import { show } from './lib/run.mjs'

await install()
await buildIfStale()
const missing = await provideEngines()

const folder = mkdtempSync(join(tmpdir(), 'millrace-interop-'))
const report = join(folder, 'report.json')
process.exitCode = await show('vitest', ['run', ...interopFiles(), '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], {
  MILLRACE_MISSING: missing.join(','),
})
const rows = rowsOf(report).map((row) => (row.version === '' ? { ...row, version: row.client === 'curl' ? versionOfCurl() : '–' } : row))
rmSync(folder, { recursive: true })

const page = join(root, 'docs', 'interop.md')
const text = readFileSync(page, 'utf8')
writeFileSync(page, `${text.slice(0, text.indexOf(BEGIN) + BEGIN.length)}\n\n${tableOf(rows)}\n\n${text.slice(text.indexOf(END))}`)

/** No package of ours pins it: the one that was here. */
function versionOfCurl() {
  return execFileSync('curl', ['--version'], { encoding: 'utf8' }).split(' ')[1] ?? ''
}
