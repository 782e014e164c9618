import { recordAt } from '../rules.ts'
import type { RunId } from '../store.ts'
import type { Database } from './database.ts'
import type { Draft } from './draft.ts'
import type { Engine } from './engine.ts'
import { STATE_COLUMNS, heldOf } from './held.ts'
import type { Held } from './held.ts'
import { bury } from './writes.ts'

/** Removed in one transaction: some milliseconds' worth. */
const ROWS_AT_ONCE = 512
const SEGMENTS_AT_ONCE = 16
const RUNS_AT_ONCE = 32

/** Rows named by one statement: half a microsecond each, where one at a time takes four. */
const ROWS_A_STATEMENT = 32
const DELETE_ROW = 'DELETE FROM journal WHERE id = ?'
const DELETE_ROWS = `DELETE FROM journal WHERE id IN (${Array.from({ length: ROWS_A_STATEMENT }, () => '?').join(', ')})`

/** Removes, slice by slice, what of a run nobody reads any more: all data of a tombstone. */
export async function clearRun(engine: Engine, id: RunId): Promise<void> {
  while (!(await engine.write((draft) => clearSlice(draft, id))));
}

/** True: nothing is left to do. */
function clearSlice(draft: Draft, id: RunId): boolean {
  const held = draft.get(id)
  if (!held?.purge) return true
  const isTombstone = held.state.record.deletedAt !== null
  const isDone = dropRows(draft, held, isTombstone ? Infinity : held.state.record.sealedTo)
    && (!isTombstone || (dropPacked(draft, held) && dropSegments(draft, held.key)))
  if (isDone) draft.put({ ...held, purge: false })
  return isDone
}

/** Removes packed rows of all runs, once that is worth it. */
export async function clearPacked(engine: Engine): Promise<void> {
  const { packed } = engine.view
  const taken = packed.take()
  if (taken === null) return
  // As they lie in the file.
  const ids = [...taken.values()].flat().sort((a, b) => a - b)
  try {
    for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
      await engine.write(({ database }) => { deleteRows(database, ids.slice(start, start + ROWS_AT_ONCE)) })
    }
  } catch (error) {
    // Those that are gone are looked for once more, and not found.
    packed.putBack(taken)
    throw error
  }
}

function deleteRows(database: Database, ids: readonly number[]): void {
  let done = 0
  for (; done + ROWS_A_STATEMENT <= ids.length; done += ROWS_A_STATEMENT) database.run(DELETE_ROWS, ids.slice(done, done + ROWS_A_STATEMENT))
  for (; done < ids.length; done += 1) database.run(DELETE_ROW, ids.slice(done, done + 1))
}

/** Removes rows of the journal up to an offset. True: those were all. */
function dropRows(draft: Draft, { key }: Held, upTo: number): boolean {
  const { live } = draft.view
  const ids = live.upTo(key, upTo, ROWS_AT_ONCE)
  deleteRows(draft.database, ids)
  const last = ids.at(-1)
  if (last !== undefined) draft.afterCommit(() => { live.drop(key, last) })
  return ids.length < ROWS_AT_ONCE
}

/** Removes rows that were packed. True: those were all. */
function dropPacked(draft: Draft, { key }: Held): boolean {
  const { packed } = draft.view
  const ids = packed.of(key).slice(0, ROWS_AT_ONCE)
  deleteRows(draft.database, ids)
  draft.afterCommit(() => { packed.drop(key, ids.length) })
  return ids.length < ROWS_AT_ONCE
}

function dropSegments({ database }: Draft, key: number): boolean {
  const lasts = database.all('SELECT last FROM segments WHERE run = ? ORDER BY last LIMIT ?', [key, SEGMENTS_AT_ONCE])
  for (const [last = 0] of lasts) database.run('DELETE FROM segments WHERE run = ? AND last = ?', [key, last])
  if (lasts.length === SEGMENTS_AT_ONCE) return false
  database.run('DELETE FROM texts WHERE run = ?', [key])
  database.run('DELETE FROM signals WHERE run = ?', [key])
  return true
}

/**
 * What a process that was killed has left half removed. Only rows known from opening the file are
 * found: those another process leaves later wait until somebody opens it again.
 */
export async function clearLeftovers(engine: Engine): Promise<void> {
  const rows = await engine.read(() => engine.database.all('SELECT id FROM runs WHERE purge = 1'))
  for (const [id] of rows) await clearRun(engine, String(id))
  for (const run of [...engine.view.live.runs]) await engine.read(() => { findPacked(engine, run) })
  await clearPacked(engine)
}

function findPacked({ database, view }: Engine, run: number): void {
  const [row] = database.all(`SELECT ${STATE_COLUMNS} FROM runs WHERE key = ?`, [run])
  const record = row && heldOf(row).state.record
  // Who removed a run, or its data, may not have known of rows that another process had packed.
  view.packed.add(run, record?.deletedAt === null ? record.sealedTo : Infinity)
}

/** Buries runs whose retention is over, and removes tombstones whose time is. */
export async function sweep(engine: Engine): Promise<void> {
  for (;;) {
    const due = await engine.read(() => dueRuns(engine))
    await Promise.all(due.map((id) => engine.write((draft) => { expire(draft, id) })))
    await Promise.all(due.map((id) => clearRun(engine, id)))
    if (due.length < RUNS_AT_ONCE) return
  }
}

/**
 * The run that changed last stays a little longer even if its time is over: the highest change number
 * must be found in the file, or it would be given out twice.
 */
function dueRuns({ database, clock }: Engine): readonly RunId[] {
  const rows = database.all(
    'SELECT id FROM runs WHERE expires_at <= ? AND version < (SELECT max(version) FROM runs) ORDER BY expires_at LIMIT ?',
    [clock(), RUNS_AT_ONCE],
  )
  return rows.map(([id]) => String(id))
}

function expire(draft: Draft, id: RunId): void {
  const held = draft.get(id)
  if (!held) return
  const { record, policy } = held.state
  if (recordAt(record, policy, draft.now) === record) return
  if (record.deletedAt === null) {
    bury(draft, held, (record.endedAt ?? 0) + policy.retention)
  } else if (record.deletedAt + policy.tombstone <= draft.now && !held.purge && held.version < draft.view.change) {
    draft.database.run('DELETE FROM runs WHERE key = ?', [held.key])
    draft.forget(id)
  }
}
