import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { BEGIN, END, interopFiles, rowOf, tableOf } from '../../scripts/lib/interop.mjs'

const text = readFileSync('docs/interop.md', 'utf8')
const table = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split('\n').filter((line) => line.startsWith('| ')).slice(1)

/** Without the results, and without the versions of what no package pins. */
function told(line: string): string {
  const [client = '', version = '', exercised = ''] = line.slice(2, -2).split(' | ')
  return `${client} ${client === 'curl' ? '' : version} ${exercised}`
}

test('the table lists exactly the tests with other people’s clients that there are: else run `npm run interop`', async () => {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, 'list', ...interopFiles(), '--json'], { maxBuffer: 1e8 })
  const listed = JSON.parse(stdout.slice(stdout.indexOf('['))) as readonly { readonly name: string }[]
  const rows = tableOf(listed.map(({ name }) => rowOf(name))).split('\n').slice(2)
  expect(rows.length).toBeGreaterThan(40)
  expect(table.map(told)).toEqual(rows.map(told))
}, 120_000)

test('every test in the table names its client, and none has failed', () => {
  for (const line of table) {
    const [client, version, exercised, result] = line.slice(2, -2).split(' | ')
    expect([client, exercised], line).not.toContain('')
    expect(version, line).toMatch(/^\d/)
    expect(['passed', 'not run'], line).toContain(result)
  }
})
