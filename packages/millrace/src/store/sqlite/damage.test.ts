import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRaw, sqliteDrivers } from '../../../../../test/support/sqlite-drivers.ts'
import { entriesOf } from '../../event/lines.ts'
import { MillraceError } from '../../event/error.ts'
import { expectLog, idPart, newNonce, says, startSaying } from '../testing/fixtures.ts'
import { LONG } from '../testing/harness.ts'
import { joinedWrite } from '../testing/pack.ts'
import { batchOf } from '../batch-of.ts'
import { sqlite } from './store.ts'

const TEXTS = Array.from({ length: 60 }, (_, i) => `entry number ${String(i)} says something of its own`)

function flipped(whole: Uint8Array, at: number): Uint8Array {
  const bytes = Uint8Array.from(whole)
  bytes[at] = (bytes[at] ?? 0) ^ 0x10
  return bytes
}

/** All of them: pages that were split keep old copies in their slack. */
function placesOf(whole: Buffer, text: string): number[] {
  const places: number[] = []
  for (let at = whole.indexOf(text); at !== -1; at = whole.indexOf(text, at + 1)) places.push(at)
  return places
}

describe.each(sqliteDrivers)('a damaged file, read by %s', (driver) => {
  let folder = ''
  let file = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-damage-'))
    file = join(folder, 'log.db')
  })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  /** One run, closed so that all of it lies in the main file. */
  async function writeLog(): Promise<string> {
    const store = sqlite(file, { driver })
    const { run } = await startSaying(store, TEXTS)
    await store.close()
    return run
  }

  /** Everything of the run as text, or the code with which that failed. */
  async function readAll(run: string, path: string = file): Promise<string> {
    const store = sqlite(path, { driver })
    try {
      const { batches } = await store.read(run, 0, 1 << 20)
      const { record, input } = await store.load(run)
      return JSON.stringify([record, input, batches.flatMap((batch) => [...entriesOf(batch, 0)])])
    } catch (error) {
      if (error instanceof MillraceError) return error.code
      throw error
    } finally {
      await store.close()
    }
  }

  let copies = 0

  /** The same from a damaged copy: a file of its own each time, since an open one is known by its inode. */
  async function readCopy(run: string, bytes: Uint8Array): Promise<string> {
    const path = join(folder, `copy-${String(copies++)}.db`)
    await writeFile(path, bytes)
    return readAll(run, path)
  }

  test('a flipped bit in an entry is store_corrupt, and so is one in the state or the input of a run', async () => {
    const run = await writeLog()
    const whole = await readFile(file)
    for (const text of ['says something', '"principal":"ada"', '{"message":"Why?"}']) {
      const places = placesOf(whole, text)
      expect(places).not.toEqual([])
      const damaged = places.reduce((bytes: Uint8Array, at) => flipped(bytes, at + 3), whole)
      expect(await readCopy(run, damaged)).toBe('store_corrupt')
    }
    expect(await readCopy(run, whole)).toContain(TEXTS.at(-1))
  })

  test('wherever a bit flips, what is read is right or an error', { timeout: 60_000 }, async () => {
    const run = await writeLog()
    const right = await readAll(run)
    const whole = await readFile(file)
    const step = Math.floor((whole.length - 100) / 150)
    const places = [...Array(100).keys(), ...Array.from({ length: 150 }, (_, i) => 100 + i * step)]
    const seen = new Set<string>()
    for (const at of places) {
      const read = await readCopy(run, flipped(whole, at))
      if (read !== right) seen.add(read)
    }
    expect(seen).toContain('store_corrupt')
    // An id that changed in the file's own index can only be missed.
    for (const code of seen) expect(['store_corrupt', 'store_failed', 'not_found']).toContain(code)
  })

  test('a truncated file is store_corrupt', async () => {
    const run = await writeLog()
    const whole = await readFile(file)
    for (const length of [whole.length - 1, whole.length - 4_096, 5_000, 4_096, 50]) {
      expect(await readCopy(run, whole.subarray(0, length))).toBe('store_corrupt')
    }
  })

  test('what is not an SQLite file, or not one of ours, is store_corrupt and left as it is', async () => {
    const text = 'Dear diary, '.repeat(1_000)
    await writeFile(file, text)
    expect(await readAll(idPart())).toBe('store_corrupt')
    expect(await readFile(file, 'utf8')).toBe(text)

    await rm(file)
    const other = await openRaw(driver, file)
    other.exec('CREATE TABLE diary (day TEXT)')
    expect(await readAll(idPart())).toBe('store_corrupt')
    expect(other.prepare('SELECT name FROM sqlite_schema').all([])).toEqual([['diary']])
    other.close()
  })

  test('a file written by a newer version is refused with an error that says so', async () => {
    const run = await writeLog()
    const newer = await openRaw(driver, file)
    newer.exec('PRAGMA user_version = 3')
    newer.close()
    await expect(sqlite(file, { driver }).find(run)).rejects.toMatchObject({ code: 'store_corrupt' })
    await expect(sqlite(file, { driver }).find(run)).rejects.toThrow('A newer Millrace')
  })

  test('a file of before lines were joined is brought up to date, with all that is in it', async () => {
    const run = await writeLog()
    const older = await openRaw(driver, file)
    older.exec('ALTER TABLE journal DROP COLUMN parts; PRAGMA user_version = 1')
    older.close()
    const store = sqlite(file, { driver })
    await expectLog(store, run, TEXTS, 'the log of before')
    const { lease } = (await store.acquire(run, newNonce(), LONG, { revoke: true }))!
    const write = joinedWrite(says(TEXTS.length + 1, 'one ', 'two '))
    await store.append(run, lease, write)
    expect((await store.read(run, write.after, 1_000)).batches).toEqual([batchOf(lease.nonce, write)])
    await store.close()
  })

  test('a row that was taken out of a log is store_corrupt, not a gap', async () => {
    const run = await writeLog()
    const raw = await openRaw(driver, file)
    raw.exec('DELETE FROM journal WHERE first = 30')
    raw.close()
    expect(await readAll(run)).toBe('store_corrupt')
  })

  test('an undamaged log is read back whole', async () => {
    const run = await writeLog()
    const store = sqlite(file, { driver })
    await expectLog(store, run, TEXTS, 'the log')
    await store.close()
  })
})
