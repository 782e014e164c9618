import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withFolder } from '../../../../../test/fault/sqlite/processes.ts'
import { openRaw, sqliteDrivers } from '../../../../../test/support/sqlite-drivers.ts'
import type { MillraceError } from '../../event/error.ts'
import type { Driver, Value } from './driver.ts'
import { EngineError } from './driver.ts'
import { loadDriver } from './drivers.ts'
import { toStoreError } from './failure.ts'
import { sqlite } from './store.ts'
import type { SqliteOptions } from './store.ts'

/** What a caller from JavaScript may hand in, whatever the types say. */
function anything(value: unknown): Value {
  return value as Value
}

describe.each(sqliteDrivers)('the driver on %s', (name) => {
  let driver: Driver
  beforeEach(async () => {
    driver = await openRaw(name, ':memory:')
    driver.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, blob BLOB, text TEXT)')
  })
  afterEach(() => { driver.close() })

  test('a lone BLOB is bound and comes back byte for byte, also an empty one and a part of a larger buffer', () => {
    const blobs = [Uint8Array.of(0, 1, 255), new Uint8Array(), Uint8Array.of(9, 8, 7).subarray(1)]
    for (const blob of blobs) driver.prepare('INSERT INTO t (blob) VALUES (?)').run([blob])
    const rows = driver.prepare('SELECT blob FROM t ORDER BY id').all([])
    for (const [row] of rows) expect(row).toBeInstanceOf(Uint8Array)
    expect(rows.map(([blob]) => [...(blob as Uint8Array)])).toEqual(blobs.map((blob) => [...blob]))
  })

  test('what the engine would abort on, or take for NULL, is refused before it gets there', () => {
    const insert = driver.prepare('INSERT INTO t (id, text) VALUES (?, ?)')
    for (const bad of [true, undefined, {}, [], 1n]) {
      expect(() => { insert.run([1, anything(bad)]) }).toThrow(TypeError)
    }
    expect(() => { insert.run([1]) }).toThrow(TypeError)
    expect(() => { insert.run([1, 'a', 'b']) }).toThrow(TypeError)
    expect(driver.prepare('SELECT * FROM t').all([])).toEqual([])
  })

  test('an error of the engine carries its result code', () => {
    const insert = driver.prepare('INSERT INTO t (id) VALUES (?)')
    insert.run([1])
    const CONSTRAINT_PRIMARY_KEY = 1555
    expect(() => { insert.run([1]) }).toThrow(EngineError)
    expect(() => { insert.run([1]) }).toThrow(expect.objectContaining({ resultCode: CONSTRAINT_PRIMARY_KEY }) as Error)
  })

  test('after close every call throws', () => {
    const select = driver.prepare('SELECT 1')
    driver.close()
    expect(() => select.all([])).toThrow(TypeError)
    expect(() => driver.prepare('SELECT 1')).toThrow(TypeError)
    expect(() => { driver.exec('SELECT 1') }).toThrow(TypeError)
    expect(() => { driver.close() }).not.toThrow()
  })

  test('a lock that another connection holds fails the call at once', async () => {
    await withFolder(async (folder) => {
      const holder = await openRaw(name, join(folder, 'held.db'))
      const other = await openRaw(name, join(folder, 'held.db'))
      holder.exec('BEGIN IMMEDIATE')
      expect(failureOf(() => { other.exec('BEGIN IMMEDIATE') })).toMatchObject({ code: 'store_busy' })
      holder.exec('COMMIT')
      other.exec('BEGIN IMMEDIATE')
      holder.close()
      other.close()
    })
  })

  // libsql rounds it, which the checksum of its row then finds.
  if (name === 'node:sqlite') {
    test('an integer that JavaScript cannot hold is damage', () => {
      driver.exec('INSERT INTO t (id) VALUES (9007199254740993)')
      const select = driver.prepare('SELECT id FROM t')
      expect(failureOf(() => select.all([]))).toMatchObject({ code: 'store_corrupt' })
    })
  }
})

/** What the store makes of that failure. */
function failureOf(call: () => unknown): MillraceError {
  try {
    call()
  } catch (error) {
    return toStoreError(error)
  }
  throw new Error('it did not fail')
}

test('a driver that this runtime lacks is missing_package, with the way out; a name that is none is refused', async () => {
  for (const name of ['libsql', 'node:sqlite'] as const) {
    const loading = loadDriver(name)
    if (sqliteDrivers.includes(name)) await expect(loading).resolves.toBeTypeOf('function')
    else await expect(loading).rejects.toMatchObject({ code: 'missing_package', message: expect.stringContaining('Node 22.16') as string })
  }
  expect(() => sqlite('log.db', JSON.parse('{"driver":"better-sqlite3"}') as SqliteOptions)).toThrow('`libsql` or `node:sqlite`')
})
