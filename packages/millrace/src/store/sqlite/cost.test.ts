import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Lease, RunId, Seal } from '../store.ts'
import { createOptions, ends, idPart, says } from '../testing/fixtures.ts'
import type { Driver, OpenDriver } from './driver.ts'
import { Engine } from './engine.ts'
import { loadLibsql } from './libsql-driver.ts'
import { readPage, recallPage } from './reads.ts'
import { openDatabase } from './schema.ts'
import { sealRun } from './sealing.ts'
import { FileWatchers } from './watchers.ts'
import { appendToRun, createRun } from './writes.ts'

/*
 * What this store asks of the engine, counted: none of it depends on the machine. A statement costs two
 * microseconds when it is warm and twenty when it is not, a page of the write-ahead log about ten.
 */

let folder = ''
let engine: Engine
let statements: string[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cost-'))
  const database = await openDatabase(join(folder, 'log.db'), 'process', counting(await loadLibsql()), 1_000)
  // Nothing is written over: the size of the write-ahead log is what was written.
  database.exec('PRAGMA wal_autocheckpoint = 0')
  engine = new Engine({ database, watchers: new FileWatchers(() => undefined), clock: Date.now, patience: 1_000 })
})
afterEach(async () => {
  await engine.close()
  await rm(folder, { recursive: true })
})

function counting(open: OpenDriver): OpenDriver {
  const counted = (driver: Driver): Driver => ({
    exec(sql) {
      statements.push(kindOf(sql))
      driver.exec(sql)
    },
    prepare(sql) {
      const statement = driver.prepare(sql)
      const note = (): void => { statements.push(kindOf(sql)) }
      return {
        run(params) {
          note()
          statement.run(params)
        },
        all(params) {
          note()
          return statement.all(params)
        },
      }
    },
    close: () => { driver.close() },
  })
  return (path) => counted(open(path))
}

function kindOf(sql: string): string {
  return /^(?:INSERT OR REPLACE INTO|INSERT INTO|DELETE FROM|UPDATE|PRAGMA|BEGIN|SELECT|COMMIT)(?: \w+)?/.exec(sql)?.[0] ?? sql
}

/** The statements of some work, and how much it wrote to the write-ahead log. */
async function costOf(work: () => Promise<unknown>): Promise<{ readonly asked: readonly string[]; readonly bytes: number }> {
  const before = await sizeOfLog()
  statements = []
  await work()
  const asked = statements
  return { asked, bytes: await sizeOfLog() - before }
}

async function sizeOfLog(): Promise<number> {
  return (await stat(join(folder, 'log.db-wal'))).size
}

interface Writer {
  readonly run: RunId
  readonly lease: Lease
  tail: number
}

async function start(count: number): Promise<readonly Writer[]> {
  return Promise.all(Array.from({ length: count }, async () => {
    const run = idPart()
    const { lease } = await engine.write((draft) => createRun(draft, run, createOptions(run)))
    if (lease === null) throw new Error('not ours')
    return { run, lease, tail: 1 }
  }))
}

async function say(writers: readonly Writer[], text: string): Promise<void> {
  await Promise.all(writers.map(async (writer) => {
    writer.tail = (await engine.append((draft) => appendToRun(draft, writer.run, writer.lease, says(writer.tail, text)))).tail
  }))
}

async function end(writer: Writer): Promise<void> {
  await engine.append((draft) => appendToRun(draft, writer.run, writer.lease, ends(writer.tail)))
  writer.tail += 1
}

/** All of a run as one segment, as short as packing makes it. */
function sealOf({ tail }: Writer): Seal {
  const bytes = new TextEncoder().encode('{"type":"end","status":"completed"}')
  return { segments: [{ first: 1, last: tail, epoch: 'abcdefgh', bytes, parts: null, head: '{}' }], snapshot: '""' }
}

test('what a hundred runs say in one turn is one transaction of four inserts', async () => {
  const writers = await start(100)
  // Where the machine is so slow that a transaction ends before all have written, the next turn is looked at.
  const turn = async (): Promise<unknown> => (await costOf(() => say(writers, 'a word'))).asked
  const inserts = [32, 32, 32, 4].map(() => 'INSERT INTO journal')
  await expect.poll(turn, { timeout: 20_000 }).toEqual(['BEGIN IMMEDIATE', 'PRAGMA data_version', ...inserts, 'COMMIT'])
})

test('a short entry writes a few hundred bytes to the write-ahead log where many runs write at once', async () => {
  const writers = await start(100)
  const { bytes } = await costOf(() => say(writers, 'x'.repeat(40)))
  expect(bytes / 100).toBeLessThan(500)
})

test('a reader of what was just said costs one question whether others have written, and no transaction', async () => {
  const [writer] = await start(1)
  if (writer === undefined) throw new Error('no run')
  await say([writer], 'now')
  const read = (after: number): Promise<unknown> => {
    const page = [writer.run, after, 10_000] as const
    return engine.read(() => readPage(engine, ...page), () => recallPage(engine, ...page))
  }
  for (const after of [0, 1, writer.tail]) {
    const { asked } = await costOf(() => read(after))
    expect(asked).toEqual(['PRAGMA data_version'])
  }
})

test('a run begins with one question and three inserts', async () => {
  // The first of all brings in what is in the file.
  await start(1)
  const { asked } = await costOf(() => start(1))
  expect(asked).toEqual([
    'BEGIN IMMEDIATE', 'PRAGMA data_version', 'SELECT id', 'INSERT INTO runs', 'INSERT OR REPLACE INTO texts', 'INSERT INTO journal', 'COMMIT',
  ])
})

test('sealing a short run is one transaction of four statements', async () => {
  const [writer] = await start(1)
  if (writer === undefined) throw new Error('no run')
  await end(writer)
  const { asked } = await costOf(() => sealRun(engine, writer.run, sealOf(writer)))
  expect(asked).toEqual([
    'BEGIN IMMEDIATE', 'PRAGMA data_version', 'DELETE FROM segments', 'INSERT OR REPLACE INTO segments',
    'INSERT OR REPLACE INTO texts', 'UPDATE runs', 'COMMIT',
  ])
})

test('rows of runs that wrote side by side are removed together, and not a page for each', async () => {
  const runs = 50
  const entries = 100
  const writers = await start(runs)
  for (let said = 1; said < entries; said += 1) await say(writers, 'x'.repeat(40))
  await Promise.all(writers.map(end))
  const { asked, bytes } = await costOf(async () => {
    for (const writer of writers) await sealRun(engine, writer.run, sealOf(writer))
  })
  expect(asked.filter((kind) => kind === 'DELETE FROM journal').length).toBeLessThan(runs * entries / 20)
  // With a page for each row it is more than four thousand.
  expect(bytes / runs / entries).toBeLessThan(1_000)
})
