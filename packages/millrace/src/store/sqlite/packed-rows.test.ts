import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRaw, sqliteDrivers } from '../../../../../test/support/sqlite-drivers.ts'
import type { Store } from '../store.ts'
import { createOptions, encode, ends, says, start, type Started } from '../testing/fixtures.ts'
import { clearPacked } from './clearing.ts'
import { loadDriver } from './drivers.ts'
import { Engine } from './engine.ts'
import { openDatabase } from './schema.ts'
import { sqlite } from './store.ts'
import { FileWatchers } from './watchers.ts'
import { createRun } from './writes.ts'

describe.each(sqliteDrivers)('packed rows of %s', (driver) => {
  let folder = ''
  let file = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-packed-'))
    file = join(folder, 'log.db')
  })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  async function rowsIn(path: string): Promise<number> {
    const raw = await openRaw(driver, path)
    try {
      return Number(raw.prepare('SELECT count(*) FROM journal').all([])[0]?.[0])
    } finally {
      raw.close()
    }
  }

  /** A run of so many entries, a row each; it has its end. */
  async function startLong(store: Store, entries: number): Promise<Started> {
    const started = await start(store)
    for (let tail = 1; tail < entries - 1; tail += 1) await store.append(started.run, started.lease, says(tail, 'x'))
    await store.append(started.run, started.lease, ends(entries - 1))
    return started
  }

  /** All of it as one segment, as short as packing makes it. */
  async function seal(store: Store, run: string, last: number): Promise<void> {
    const { batches: [row] } = await store.read(run, 0, 1)
    const segment = { first: 1, last, epoch: row?.epoch ?? '', bytes: encode('{"type":"sealed"}'), parts: null, head: '{}' }
    await store.seal(run, { segments: [segment], snapshot: '""' })
  }

  test('a process that is killed before it removed them leaves nothing that is read twice, and the next one removes them', async () => {
    const store = sqlite(file, { driver })
    const open = await startLong(store, 1_300)
    const sealed = await startLong(store, 1_100)
    await seal(store, sealed.run, 1_100)
    // What a kill leaves at this moment.
    const left = join(folder, 'left.db')
    for (const end of ['', '-wal']) await copyFile(file + end, left + end)
    await store.close()
    expect(await rowsIn(left)).toBe(2_400)
    const next = sqlite(left, { driver })
    const { batches } = await next.read(sealed.run, 0, 1_000_000)
    expect(batches.map(({ first, last }) => [first, last])).toEqual([[1, 1_100]])
    expect((await next.read(open.run, 1_298, 1_000)).batches.map(({ first, last }) => [first, last])).toEqual([[1_299, 1_299], [1_300, 1_300]])
    await seal(next, open.run, 1_300)
    expect(await rowsIn(left)).toBe(0)
    await next.close()
  })

  test('those of a run that another process has deleted since are removed too', async () => {
    const store = sqlite(file, { driver })
    const other = sqlite(file, { driver })
    await other.list({ limit: 1 })
    const [gone, kept] = [await startLong(store, 600), await startLong(store, 600)]
    await seal(store, gone.run, 600)
    await other.delete(gone.run)
    await seal(store, kept.run, 600)
    expect(await rowsIn(file)).toBe(0)
    await store.close()
    await other.close()
  })

  test('those of a run that is deleted go with it, and do not wait for others', async () => {
    const store = sqlite(file, { driver })
    const { run } = await startLong(store, 600)
    await seal(store, run, 600)
    expect(await rowsIn(file)).toBe(600)
    await store.delete(run)
    expect(await rowsIn(file)).toBe(0)
    await store.close()
  })

  test('rows of a run that is nowhere any more go when the file is opened', async () => {
    const store = sqlite(file, { driver })
    const { run } = await startLong(store, 1_100)
    // The newest change stays in the file.
    await start(store)
    await store.close()
    const raw = await openRaw(driver, file)
    raw.exec(`DELETE FROM runs WHERE id = '${run}'`)
    raw.close()
    const next = sqlite(file, { driver })
    await next.list({ limit: 1 })
    await expect.poll(() => rowsIn(file)).toBe(1)
    await next.close()
  })

  test('what could not be removed, since another process was in the way, is removed the next time', async () => {
    const database = await openDatabase(file, 'process', await loadDriver(driver), 1_000)
    const engine = new Engine({ database, watchers: new FileWatchers(() => undefined), clock: Date.now, patience: 60 })
    const runs = Array.from({ length: 1_100 }, (_, index) => String(index).padStart(22, '0'))
    await Promise.all(runs.map((run) => engine.write((draft) => createRun(draft, run, createOptions(run)))))
    for (const key of [...engine.view.live.runs]) engine.view.packed.add(key, 1)
    const other = await openRaw(driver, file)
    other.exec('BEGIN IMMEDIATE')
    await expect(clearPacked(engine)).rejects.toMatchObject({ code: 'store_busy' })
    other.exec('COMMIT')
    other.close()
    await clearPacked(engine)
    expect(await rowsIn(file)).toBe(0)
    await engine.close()
  })
})
