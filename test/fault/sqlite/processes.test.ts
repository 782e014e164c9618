import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlite } from '../../../packages/millrace/src/store/sqlite/store.ts'
import type { Store } from '../../../packages/millrace/src/store/store.ts'
import {
  createOptions, expectLog, idPart, newNonce, says, start,
} from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { sqliteDrivers } from '../../support/sqlite-drivers.ts'
import { buildChild, startChild, withFolder } from './processes.ts'
import type { Child } from './processes.ts'

/** Processes take their time to start on a busy machine. */
const TIMEOUT = { timeout: 120_000 }

let script = ''
beforeAll(async () => { script = await buildChild() })
afterAll(async () => { await rm(script) })

/** For every run the highest offset that was acknowledged. */
function acknowledged(children: readonly Child[]): Map<string, number> {
  const acked = new Map<string, number>()
  for (const line of children.flatMap((child) => child.lines())) {
    const [run = '', offset] = line.split(' ')
    acked.set(run, Math.max(acked.get(run) ?? 0, Number(offset)))
  }
  return acked
}

/** Every acknowledged entry is there, in order and with its own text, and at most the one in flight beyond. */
async function expectAcknowledged(store: Store, acked: Map<string, number>): Promise<void> {
  for (const [run, offset] of acked) {
    const tail = (await store.find(run))?.tail ?? 0
    expect([offset, offset + 1]).toContain(tail)
    await expectLog(store, run, Array.from({ length: tail - 1 }, (_, i) => `${run} ${String(i + 2)}`), run)
  }
}

describe.each(sqliteDrivers)('processes on %s', (driver) => {
  test('several processes append to one file and lose nothing', TIMEOUT, () => withFolder(async (folder) => {
    const file = join(folder, 'log.db')
    const reader = sqlite(file, { driver })
    const children = [1, 2, 3].map(() => startChild(script, driver, 'append', file, '100', '5'))
    await Promise.all(children.map((child) => child.said(50)))
    // Read in the middle of it, so that what the others add later has to be brought in.
    expect((await reader.list({ limit: 100 })).length).toBeGreaterThan(0)
    await Promise.all(children.map((child) => child.ended))
    const acked = acknowledged(children)
    expect([...acked.values()]).toEqual(Array.from({ length: 15 }, () => 100))
    await expectAcknowledged(reader, acked)
    await reader.close()
  }))

  test('of several processes exactly one is given a run', TIMEOUT, () => withFolder(async (folder) => {
    const file = join(folder, 'log.db')
    const store = sqlite(file, { driver })
    const runs = Array.from({ length: 40 }, idPart)
    for (const run of runs) await store.create(run, createOptions(run, { ttl: 0 }))
    const children = [1, 2, 3].map(() => startChild(script, driver, 'acquire', file, ...runs))
    await Promise.all(children.map((child) => child.ended))
    expect(children.flatMap((child) => child.lines()).sort()).toEqual(runs.map((run) => `${run} 1`).sort())
    await store.close()
  }))

  test('a holder whose run another process took is fenced at once', TIMEOUT, () => withFolder(async (folder) => {
    const file = join(folder, 'log.db')
    let now = Date.now()
    const store = sqlite(file, { driver, clock: () => now })
    now -= 3_600_000
    const { run, lease } = await start(store, { ttl: 1_000 })
    await store.append(run, lease, says(1, 'mine'))
    const child = startChild(script, driver, 'acquire', file, run)
    await child.ended
    expect(child.lines()).toEqual([`${run} 2`])
    await expect(store.append(run, lease, says(2, 'too late'))).rejects.toMatchObject({ code: 'fenced' })
    await expectLog(store, run, ['mine'], 'the log')
    await store.close()
  }))

  test('a process killed while it appends loses nothing it acknowledged', TIMEOUT, () => withFolder(async (folder) => {
    const file = join(folder, 'log.db')
    const survivor = sqlite(file, { driver })
    const killed: Child[] = []
    for (const soon of [20, 200, 500, 900, 1_500]) {
      const child = startChild(script, driver, 'append', file, '1000000', '8')
      await child.said(soon)
      child.process.kill('SIGKILL')
      await child.ended
      killed.push(child)
      expect(child.lines().length).toBeGreaterThanOrEqual(soon)
      await expectAcknowledged(survivor, acknowledged([child]))
    }
    await survivor.close()
    const reopened = sqlite(file, { driver })
    await expectAcknowledged(reopened, acknowledged(killed))
    await reopened.close()
  }))

  test('while another process holds the write lock, reads answer, writes wait and the event loop goes on', TIMEOUT, () =>
    withFolder(async (folder) => {
      const file = join(folder, 'log.db')
      const store = sqlite(file, { driver })
      const { run, lease } = await start(store)
      const holder = startChild(script, driver, 'hold', file)
      await holder.said(1)
      let isWritten = false
      const writing = store.append(run, lease, says(1, 'later')).then(() => { isWritten = true })
      for (let turns = 0; turns < 200; turns++) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        expect(isWritten).toBe(false)
      }
      expect((await store.read(run, 0, 1_000)).record.tail).toBe(1)
      holder.process.stdin.end()
      await writing
      await expectLog(store, run, ['later'], 'the log')
      await holder.ended
      await store.close()
    }))

  test('a process that was away while others wrote knows all of it when it goes on', TIMEOUT, () => withFolder(async (folder) => {
    const file = join(folder, 'log.db')
    const store = sqlite(file, { driver })
    const { run, lease } = await start(store)
    // More rows than are brought in at once.
    const child = startChild(script, driver, 'append', file, '900', '5')
    await child.ended
    await store.append(run, lease, says(1, 'back'))
    await expectAcknowledged(store, acknowledged([child]))
    const { lease: next } = (await store.acquire(run, newNonce(), 1_000, { revoke: true })) ?? {}
    expect(next?.fence).toBe(2)
    await store.close()
  }))

  test('two stores of one process keep their hold on the file: another process that comes and goes loses nothing', TIMEOUT, () =>
    withFolder(async (folder) => {
      const file = join(folder, 'log.db')
      const store = sqlite(file, { driver })
      const { run, lease } = await start(store)
      const beside = sqlite(file, { driver })
      await beside.find(run)
      const other = startChild(script, driver, 'append', file, '2', '1')
      await other.ended
      await store.append(run, lease, says(1, 'still here'))
      const reader = startChild(script, driver, 'tails', file, run)
      await reader.ended
      expect(reader.lines()).toEqual([`${run} 2`])
      await beside.close()
      await store.close()
    }))
})

test('without its package the store takes what the runtime has, or says what to install', TIMEOUT, () => withFolder(async (folder) => {
  const child = startChild(await buildChild(folder), '-', 'open', join(folder, 'log.db'))
  await child.ended
  const isBuiltIn = sqliteDrivers.includes('node:sqlite')
  expect(child.lines()[0]).toMatch(isBuiltIn ? /^ok$/ : /^missing_package .*npm install libsql, or run it on Node 22\.16/)
}))
