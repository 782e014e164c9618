/**
 * What the tests run in processes of its own: `child.mjs DRIVER MODE FILE …`; `-` leaves the driver to the store. It says what it did on
 * stdout, a line each, written synchronously, so that a line is out before anything can kill it.
 */
import { writeSync } from 'node:fs'
import { hasCode } from '../../../packages/millrace/src/event/error.ts'
import { loadDriver } from '../../../packages/millrace/src/store/sqlite/drivers.ts'
import { sqlite } from '../../../packages/millrace/src/store/sqlite/index.ts'
import type { SqliteDriver } from '../../../packages/millrace/src/store/sqlite/index.ts'
import type { Store } from '../../../packages/millrace/src/store/store.ts'
import { createOptions, expectLog, idPart, newNonce, says } from '../../../packages/millrace/src/store/testing/fixtures.ts'

const [, , name, mode = '', file = '', ...rest] = process.argv
const driver = name === '-' ? undefined : (name as SqliteDriver)

function openStore(): Store {
  return driver === undefined ? sqlite(file) : sqlite(file, { driver })
}

/** The pipe is full whenever the test has no time to read: then it waits. */
function say(line: string): void {
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
    }
  }
}

/** Starts runs and appends to all of them at once until killed or done, one entry a write. */
async function append(count: number, runs: number): Promise<void> {
  const store = openStore()
  await Promise.all(Array.from({ length: runs }, async () => {
    const run = idPart()
    const { lease } = await store.create(run, createOptions(run))
    if (lease === null) throw new Error('no lease')
    say(`${run} 1`)
    for (let tail = 1; tail < count; tail++) {
      await store.append(run, lease, says(tail, `${run} ${String(tail + 1)}`))
      say(`${run} ${String(tail + 1)}`)
    }
  }))
  await store.close()
}

/** Tries to take each of the runs, all at once, and says which it was given. */
async function acquire(runs: readonly string[]): Promise<void> {
  const store = openStore()
  await Promise.all(runs.map(async (run) => {
    const acquired = await store.acquire(run, newNonce(), 60_000)
    if (acquired) say(`${run} ${String(acquired.lease.fence)}`)
  }))
  await store.close()
}

/** Reads what `append` wrote to each of the runs, and says how far it goes if all of it is right. */
async function check(runs: readonly string[]): Promise<void> {
  const store = openStore()
  for (const run of runs) {
    const tail = (await store.find(run))?.tail ?? 0
    await expectLog(store, run, Array.from({ length: tail - 1 }, (_, i) => `${run} ${String(i + 2)}`), run)
    say(`${run} ${String(tail)}`)
  }
  await store.close()
}

/** Says how far the logs of the runs go. */
async function tails(runs: readonly string[]): Promise<void> {
  const store = openStore()
  for (const run of runs) say(`${run} ${String((await store.find(run))?.tail)}`)
  await store.close()
}

/** Holds the write lock until its stdin ends. */
async function hold(): Promise<void> {
  const database = (await loadDriver(driver))(file)
  database.exec('BEGIN IMMEDIATE')
  say('held')
  process.stdin.resume().on('end', () => {
    database.exec('COMMIT')
    database.close()
  })
}

/** Says with which code the first call fails. */
async function open(): Promise<void> {
  try {
    await openStore().find(idPart())
    say('ok')
  } catch (error) {
    say(hasCode(error, 'missing_package') ? `missing_package ${error.message}` : String(error))
  }
}

if (mode === 'append') await append(Number(rest[0]), Number(rest[1]))
else if (mode === 'acquire') await acquire(rest)
else if (mode === 'check') await check(rest)
else if (mode === 'tails') await tails(rest)
else if (mode === 'hold') await hold()
else await open()
