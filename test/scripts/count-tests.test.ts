import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { countTests } from '../../scripts/lib/count-tests.mjs'

const vitest = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs')

test('passed, failed and skipped tests are counted, and a file that does not load as a failure', () => {
  const report = runVitest({
    'mixed.test.js': `
      test('a', () => {})
      test('b', () => { throw new Error('no') })
      test.skip('c', () => {})
      test.todo('d')
      test('e', ({ skip }) => skip('not here'))
      test('f', () => {})
    `,
    'broken.test.js': `import './nowhere.js'`,
    'hook.test.js': `
      beforeAll(() => { throw new Error('no') })
      test('g', () => {})
    `,
  })
  expect(countTests(report)).toEqual({ passed: 2, failed: 3, skipped: 4 })
})

test('a run that left no report counts nothing', () => {
  expect(countTests(join(tmpdir(), 'no-such-report.json'))).toEqual({ passed: 0, failed: 0, skipped: 0 })
})

/** Runs vitest over these files; gives the path of its report. */
function runVitest(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-count-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  const report = join(folder, 'report.json')
  const args = ['run', '--globals', '--root', folder, '--reporter=json', `--outputFile=${report}`]
  spawnSync(process.execPath, [vitest, ...args])
  return report
}
