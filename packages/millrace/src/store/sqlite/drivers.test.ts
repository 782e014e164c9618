import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Driver, Value } from './driver.ts'
import { EngineError } from './driver.ts'
import { loadLibsql } from './libsql-driver.ts'

let driver: Driver
beforeEach(async () => {
  driver = (await loadLibsql())(':memory:')
  driver.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, blob BLOB, text TEXT)')
})
afterEach(() => { driver.close() })

/** What a caller from JavaScript may hand in, whatever the types say. */
function anything(value: unknown): Value {
  return value as Value
}

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
