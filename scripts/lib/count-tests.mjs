import { existsSync, readFileSync } from 'node:fs'

/**
 * Counts the tests in a report that vitest's `json` reporter wrote. A file that could not even be
 * loaded is one failure. A run that crashed left no report and counts nothing.
 *
 * @param {string} report
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countTests(report) {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0 }
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const { status, assertionResults } of testResults) {
    const failedBefore = count.failed
    for (const test of assertionResults) count[COUNTED_AS[test.status]]++
    if (status === 'failed' && count.failed === failedBefore) count.failed++
  }
  return count
}

const COUNTED_AS = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  pending: 'skipped',
  disabled: 'skipped',
  todo: 'skipped',
}
