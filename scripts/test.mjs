// `npm test`: everything, alone. `npm test -- sqlite` runs the test files with that in their path; `--node 24` runs them on that Node.
import './lib/require-node.mjs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIfStale } from './lib/build.mjs'
import { countTests } from './lib/count-tests.mjs'
import { provideEngines } from './lib/engines.mjs'
import { install } from './lib/install.mjs'
import { otherNode } from './lib/other-node.mjs'
import { show } from './lib/run.mjs'

let count = { passed: 0, failed: 0, skipped: 0 }
// Whatever happens, also a build that fails, the last line is the count: CI reads it there.
process.on('exit', () => console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`))

const { args, env } = otherNode(process.argv.slice(2))
await install()
await buildIfStale()
const missing = await provideEngines()

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
const report = join(folder, 'report.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const code = await show('vitest', ['run', ...reporters, ...args], { ...env, MILLRACE_MISSING: missing.join(',') })
count = countTests(report)
rmSync(folder, { recursive: true })

if (code !== 0 && count.failed === 0) console.error(`The test run itself failed (${code}) though no test did.`)
if (count.passed + count.failed === 0) console.error('No test ran.')
process.exitCode = code === 0 && count.failed === 0 && count.passed > 0 ? 0 : 1
