import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { BEGIN, END, interopFiles, rowOf, tableOf } from '../../scripts/lib/interop.mjs'

const text = readFileSync('docs/interop.md', 'utf8')
const table = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split('\n').filter((line) => line.startsWith('| ')).slice(1)

const cells = (line: string): string[] => line.slice(2, -2).split(' | ')
/** Without the result, and the version only where a package pins it. */
const told = (line: string, isPinned: boolean): string => cells(line).slice(0, 3).filter((_, nth) => nth !== 1 || isPinned).join(' | ')

test('the table lists exactly the tests with other people’s clients that there are: else run `npm run interop`', async () => {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, 'list', ...interopFiles(), '--json'], { maxBuffer: 1e8 })
  const listed = JSON.parse(stdout.slice(stdout.indexOf('['))) as readonly { readonly name: string }[]
  const rows = tableOf(listed.map(({ name }) => rowOf(name))).split('\n').slice(2)
  expect(rows.length).toBeGreaterThan(40)
  const isPinned = rows.map((row) => cells(row)[1] !== '')
  expect(table.map((line, nth) => told(line, isPinned[nth] === true))).toEqual(rows.map((row, nth) => told(row, isPinned[nth] === true)))
}, 120_000)

test('every test in the table names its client, and none has failed', () => {
  for (const line of table) {
    const [client, version, exercised, result] = cells(line)
    expect([client, exercised], line).not.toContain('')
    expect(version, line).toMatch(/^\d|^–$/)
    expect(['passed', 'not run'], line).toContain(result)
  }
})
