import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRaw, sqliteDrivers } from '../../../../../test/support/sqlite-drivers.ts'
import type { Batch } from '../../event/batch.ts'
import type { NewSignal } from '../store.ts'
import { outcomeOf } from '../testing/check.ts'
import { createOptions, encode, ends, expectLog, idPart, says, start } from '../testing/fixtures.ts'
import { Engine } from './engine.ts'
import type { Row } from './driver.ts'
import { loadDriver } from './drivers.ts'
import { openDatabase } from './schema.ts'
import { sqlite } from './store.ts'
import { FileWatchers } from './watchers.ts'

describe.each(sqliteDrivers)('the file of %s', (driver) => {
  let folder = ''
  let file = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-engine-'))
    file = join(folder, 'log.db')
  })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  /** What a query finds in the file, past the store. */
  async function inFile(sql: string): Promise<readonly Row[]> {
    const raw = await openRaw(driver, file)
    try {
      return raw.prepare(sql).all([])
    } finally {
      raw.close()
    }
  }

  test('nobody else on the machine reads what is kept', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
    const store = sqlite(join(folder, 'log.db'), { driver })
    await start(store)
    for (const name of await readdir(folder)) expect([name, (await stat(join(folder, name))).mode & 0o777]).toEqual([name, 0o600])
    await store.close()
    await rm(folder, { recursive: true })
  })

  test('a write that cannot be stored fails alone among those of its turn', async () => {
    const store = sqlite(file, { driver })
    const { run, lease } = await start(store)
    // From JavaScript anything may come; a boolean would abort the process inside the driver.
    const bad = JSON.parse('{"id":"s","type":"input","data":true}') as NewSignal
    const runs = Array.from({ length: 40 }, idPart)
    const outcomes = await Promise.allSettled([
      ...runs.map((each) => store.create(each, createOptions(each))),
      store.signal(run, bad),
      store.append(run, lease, says(1, 'a neighbour')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([...runs.map(() => 'fulfilled'), 'rejected', 'fulfilled'])
    await expectLog(store, run, ['a neighbour'], 'the log')
    expect(await store.list({ limit: 100 })).toHaveLength(41)
    await store.close()
  })

  test('writes of one turn are one commit', async () => {
    const store = sqlite(file, { driver })
    const runs = await Promise.all(Array.from({ length: 50 }, () => start(store)))
    const raw = await openRaw(driver, file)
    const version = raw.prepare('PRAGMA data_version')
    const commits: unknown[] = [version.all([])]
    await Promise.all(runs.map(async ({ run, lease }) => {
      await store.append(run, lease, says(1, run))
      const [now] = version.all([])
      commits.push(now)
    }))
    // The connection beside it saw at most the two commits that a slow machine splits them into.
    expect(new Set(commits.slice(1).map(String)).size).toBeLessThanOrEqual(2)
    raw.close()
    await store.close()
  })

  test('an append before the file is open, beside its closing and after it is written or refused', async () => {
    const before = sqlite(file, { driver })
    const { run, lease } = await start(before)
    await before.close()
    const store = sqlite(file, { driver })
    await store.append(run, lease, says(1, 'opens'))
    const beside = store.append(run, lease, says(2, 'beside'))
    const closing = store.close()
    expect(await outcomeOf(store.append(run, lease, says(3, 'late')))).toBe('closed')
    await Promise.all([beside, closing])
    expect(await outcomeOf(store.append(run, lease, says(3, 'later')))).toBe('closed')
    const opening = sqlite(file, { driver })
    const early = outcomeOf(opening.append(run, lease, says(3, 'early')))
    await opening.close()
    expect(await early).toBeNull()
    const after = sqlite(file, { driver })
    await expectLog(after, run, ['opens', 'beside', 'early'], 'the log')
    await after.close()
  })

  test('an append lands where the file can be opened after all', async () => {
    const before = sqlite(join(folder, 'logs', 'log.db'), { driver })
    const { run, lease } = await start(before)
    await before.close()
    await rename(join(folder, 'logs'), join(folder, 'away'))
    await writeFile(join(folder, 'logs'), 'in the way')
    const store = sqlite(join(folder, 'logs', 'log.db'), { driver })
    expect(await outcomeOf(store.append(run, lease, says(1, 'a')))).toBe('store_failed')
    await rm(join(folder, 'logs'))
    await rename(join(folder, 'away'), join(folder, 'logs'))
    await store.append(run, lease, says(1, 'a'))
    await store.append(run, lease, says(2, 'b'))
    await expectLog(store, run, ['a', 'b'], 'the log')
    await store.close()
  })

  test('a write that another process keeps out for too long is store_busy', async () => {
    const watchers = new FileWatchers(() => undefined)
    const database = await openDatabase(file, 'process', await loadDriver(driver), 1_000)
    const engine = new Engine({ database, watchers, clock: Date.now, patience: 60 })
    const other = await openRaw(driver, file)
    other.exec('BEGIN IMMEDIATE')
    await expect(engine.write(() => 1)).rejects.toMatchObject({ code: 'store_busy', retryable: true })
    expect(await engine.read(() => 2)).toBe(2)
    other.exec('COMMIT')
    expect(await engine.write(() => 3)).toBe(3)
    other.close()
    await engine.close()
  })

  /** A long log: many small rows, and segments of more bytes than go in one transaction. */
  async function startLong(rows: number): Promise<{ readonly run: string; readonly segments: Batch[] }> {
    const store = sqlite(file, { driver })
    const { run, lease } = await start(store)
    const text = 'x'.repeat(2_000)
    for (let tail = 1; tail < rows; tail++) await store.append(run, lease, says(tail, text))
    await store.append(run, lease, ends(rows))
    const segments: Batch[] = []
    for (let at = 0; at < rows + 1;) {
      const { batches } = await store.read(run, at, 60_000)
      const bytes = encode(batches.map((batch) => new TextDecoder().decode(batch.bytes)).join('\n'))
      const [first] = batches
      if (!first) throw new Error('an empty page')
      at = batches.at(-1)?.last ?? at
      segments.push({ ...first, last: at, bytes })
    }
    await store.close()
    return { run, segments }
  }

  test('a long log is sealed in slices, and nothing of its rows is left', { timeout: 60_000 }, async () => {
    const { run, segments } = await startLong(1_200)
    const store = sqlite(file, { driver })
    const other = sqlite(file, { driver })
    const before = await other.read(run, 1_100, 1_000)
    expect(before.record.sealedTo).toBe(0)
    const seal = { segments, snapshot: '"all"' }
    // One of two at once may be told to try again.
    await Promise.allSettled([store.seal(run, seal), other.seal(run, seal)])
    await store.seal(run, seal)
    await expect.poll(() => inFile('SELECT count(*) FROM journal')).toEqual([[0]])
    expect(await inFile('SELECT count(*), max(last) FROM segments')).toEqual([[segments.length, 1_201]])
    for (const handle of [store, other]) {
      const page = await handle.read(run, 1_100, 1_000)
      expect(page.record.sealedTo).toBe(1_201)
      expect(Buffer.from(page.batches[0]?.bytes ?? [])).toEqual(Buffer.from(segments.find(({ last }) => last > 1_100)?.bytes ?? []))
    }
    await store.delete(run)
    expect(await inFile('SELECT (SELECT count(*) FROM segments) + (SELECT count(*) FROM texts)')).toEqual([[0]])
    await store.close()
    await other.close()
  })

  test('what a killed process left half removed goes when the file is opened', async () => {
    const { run } = await startLong(600)
    const store = sqlite(file, { driver })
    const other = await openRaw(driver, file)
    const deleting = store.delete(run).catch(() => undefined)
    // Closing takes no further writes, as a kill between two slices.
    while (Number(other.prepare('SELECT count(*) FROM runs WHERE purge = 1').all([])[0]) === 0) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await store.close()
    await deleting
    other.close()
    const next = sqlite(file, { driver })
    expect(await next.find(run)).toMatchObject({ deletedAt: expect.any(Number) as number })
    await expect.poll(() => inFile('SELECT (SELECT count(*) FROM journal) + (SELECT sum(purge) FROM runs)')).toEqual([[0]])
    await next.close()
  })

  test('data whose time is over is swept from the file while others write', async () => {
    let now = 1_700_000_000_000
    const store = sqlite(file, { driver, clock: () => now })
    const { run, lease } = await start(store, { policy: { retention: 1_000, tombstone: 1_000 } })
    await store.append(run, lease, ends(1))
    const here = async (): Promise<boolean> => (await inFile(`SELECT 1 FROM runs WHERE id = '${run}'`)).length > 0
    expect(await here()).toBe(true)
    for (let left = 60; left > 0; left--) {
      now += 31_000
      await start(store, { policy: { retention: 1, tombstone: 1 } })
      if (!(await here())) break
    }
    await expect.poll(here).toBe(false)
    await store.close()
  })
})
