// `npm test`: everything, alone. `npm test -- sqlite` runs the test files with that in their path.
import './lib/require-node.mjs'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIfStale } from './lib/build.mjs'
import { provideEngines } from './lib/engines.mjs'
import { install } from './lib/install.mjs'
import { show } from './lib/run.mjs'

await install()
await buildIfStale()
const missing = await provideEngines()

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
const report = join(folder, 'report.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const code = await show('vitest', ['run', ...reporters, ...process.argv.slice(2)], { MILLRACE_MISSING: missing.join(',') })
const { passed, failed, skipped } = count(report)
rmSync(folder, { recursive: true })

if (code !== 0 && failed === 0) console.error(`The test run itself failed (${code}) though no test did.`)
if (passed + failed === 0) console.error('No test ran.')
process.exitCode = code === 0 && failed === 0 && passed > 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)

/** Of tests; a file that could not even be loaded is one failure. A run that crashed left no report. */
function count(file) {
  const { numPassedTests, numPendingTests, numTodoTests, testResults } = read(file)
  const failures = testResults.map(({ status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').length
    return status === 'failed' ? Math.max(1, tests) : tests
  })
  const failed = failures.reduce((sum, each) => sum + each, 0)
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { numPassedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  }
}
