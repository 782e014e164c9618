import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sqlite } from '../../packages/millrace/src/store/sqlite/store.ts'
import { conformanceCases } from '../../packages/millrace/src/store/testing/cases.ts'
import { expectLog } from '../../packages/millrace/src/store/testing/fixtures.ts'
import { buildChild, startUnder, withFolder } from '../fault/sqlite/processes.ts'
import type { Child } from '../fault/sqlite/processes.ts'
import { engine } from '../support/engines.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Processes take their time to start on a busy machine, and the tests of a store are many. */
const TIMEOUT = { timeout: 600_000 }

let script = ''
beforeAll(async () => { script = await buildChild() })
afterAll(async () => { await rm(script) })

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] }[]
  }[]
}

/** Runs the tests of SQLite whose names say `node:sqlite`. */
async function runTests(node: string, report: string): Promise<Report> {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  const files = ['packages/millrace/src/store/sqlite/', 'test/fault/sqlite/']
  const args = ['run', ...files, '--testNamePattern=node:sqlite', '--reporter=json', `--outputFile=${report}`]
  // What fails stands in the report: the exit code says no more.
  await new Promise((resolve) => execFile(node, [vitest, ...args], { cwd: ROOT }, resolve))
  return JSON.parse(readFileSync(report, 'utf8')) as Report
}

test('every case of the suite and every test of SQLite passes on node:sqlite too', TIMEOUT, (test) => withFolder(async (folder) => {
  const { testResults } = await runTests(engine('node-24', test), join(folder, 'report.json'))
  const results = testResults.flatMap(({ name, assertionResults }) => assertionResults.map((result) => ({ file: basename(name), ...result })))
  expect(testResults.map(({ message }) => message).filter((message) => message !== '')).toEqual([])
  expect(results.filter(({ status }) => status === 'failed').map(({ fullName, failureMessages }) => [fullName, ...failureMessages])).toEqual([])

  const passed = results.filter(({ status }) => status === 'passed')
  const names = passed.map(({ fullName }) => fullName)
  expect(names).toEqual(expect.arrayContaining(conformanceCases.map(({ name }) => `the SQLite store on node:sqlite ${name}`)))
  // A file whose tests are called otherwise one day would drop out of this without a word.
  for (const name of ['drivers', 'engine', 'damage', 'processes']) {
    expect(passed.filter(({ file }) => file === `${name}.test.ts`).length, name).toBeGreaterThan(4)
  }
}))

/** The highest offset of each run that its process knows to be kept. */
function acknowledged(child: Child): Map<string, number> {
  return new Map(child.lines().map((line) => line.split(' ')).map(([run = '', offset]) => [run, Number(offset)]))
}

test('processes on either driver share a file, and each reads what the other wrote, also when both are killed', TIMEOUT, (test) =>
  withFolder(async (folder) => {
    const node24 = engine('node-24', test)
    const file = join(folder, 'log.db')
    const [ours, theirs] = [
      startUnder(process.execPath, script, 'libsql', 'append', file, '1000000', '3'),
      startUnder(node24, script, 'node:sqlite', 'append', file, '1000000', '3'),
    ]
    await Promise.all([ours.said(600), theirs.said(600)])
    for (const child of [ours, theirs]) child.process.kill('SIGKILL')
    await Promise.all([ours.ended, theirs.ended])
    const kept = new Map([...acknowledged(ours), ...acknowledged(theirs)])
    expect(kept.size).toBe(6)

    const reader = startUnder(node24, script, 'node:sqlite', 'check', file, ...kept.keys())
    await reader.ended
    const store = sqlite(file, { driver: 'libsql' })
    for (const [run, offset] of kept) {
      const tail = (await store.find(run))?.tail ?? 0
      expect([offset, offset + 1]).toContain(tail)
      expect(reader.lines()).toContain(`${run} ${String(tail)}`)
      await expectLog(store, run, Array.from({ length: tail - 1 }, (_, i) => `${run} ${String(i + 2)}`), run)
    }
    await store.close()
  }))

test('with Node 24 a store needs no package, and nothing is said of it', TIMEOUT, (test) => withFolder(async (folder) => {
  const child = startUnder(engine('node-24', test), await buildChild(folder), '-', 'open', join(folder, 'log.db'))
  await child.ended
  expect(child.lines()).toEqual(['ok'])
  expect(child.complaints()).toBe('')
}))
