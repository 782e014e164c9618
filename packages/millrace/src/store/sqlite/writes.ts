import type { Batch } from '../../event/batch.ts'
import { isEndStatus } from '../../event/run-event.ts'
import { batchOf } from '../batch-of.ts'
import { refusal } from '../refusal.ts'
import { createState, creatorLease, decideAcquire, decideAppend, entomb, hasWaited, isCreator } from '../rules.ts'
import type { RunState } from '../rules.ts'
import type {
  AcquireOptions, Acquired, Appended, CreateRun, Created, Lease, NewSignal, RunId, RunRecord, Write,
} from '../store.ts'
import { crcOfBatch } from './crc.ts'
import type { Draft } from './draft.ts'
import { isPlain } from './held.ts'
import type { Held } from './held.ts'
import { alive, standing, standingAt } from './standing.ts'

/*
 * One function a method of the contract, each run inside a write transaction. What to do is decided
 * in rules.ts; each of these refuses before it changes anything in the draft.
 */

export function createRun(draft: Draft, run: RunId, options: CreateRun): Created {
  const held = draft.get(run)
  const known = held && standingAt(held, draft.now)
  if (known) {
    const created = known.state.record.deletedAt === null && isCreator(known.state, options)
    return { created, record: known.state.record, lease: created ? creatorLease(options) : null }
  }
  if (held) retire(draft, held)
  const state = createState(run, options, draft.now)
  const start = batchOf(options.nonce, { after: 0, count: 1, bytes: options.start })
  const key = draft.insert(state, groupOf(run), start)
  draft.saveText(key, 'input', 0, options.input)
  draft.wake(run, start)
  return { created: true, record: state.record, lease: creatorLease(options) }
}

export function acquireRun(
  draft: Draft, run: RunId, nonce: string, ttl: number, { revoke = false }: AcquireOptions,
): Acquired | null {
  const held = alive(draft, run, draft.now)
  const decision = decideAcquire(held.state, nonce, ttl, revoke, draft.now)
  if (decision.kind === 'refused') throw refusal(decision.code, run)
  if (decision.kind === 'held') return null
  draft.put({ ...held, state: decision.state })
  if (decision.isNew) draft.wake(run, null)
  const { state, lease } = decision
  return { lease, record: state.record, signals: held.signals, waited: hasWaited(state) }
}

export function appendToRun(draft: Draft, run: RunId, lease: Lease, write: Write): Appended {
  const held = alive(draft, run, draft.now)
  const batch = batchOf(lease.nonce, write)
  const saidLast = (): boolean => crcOfBatch(held.key, batch) === held.lastCrc
  const decision = decideAppend(held.state, lease, write, draft.now, saidLast)
  if (decision.kind === 'refused') throw refusal(decision.code, run)
  const next = afterAppend(held, decision.state, batch)
  if (decision.kind === 'written') {
    saveWrite(draft, held, next, batch, write)
  } else if (decision.state !== held.state) {
    draft.put(next)
  }
  return { tail: next.state.record.tail, signals: next.signals }
}

function afterAppend(held: Held, state: RunState, batch: Batch): Held {
  // Field by field: a spread takes ten times as long, and every token comes by here.
  const { id, key, version, purge } = held
  const lastCrc = state.last === held.state.last ? held.lastCrc : crcOfBatch(key, batch)
  const signals = state.consumed === held.state.consumed ? held.signals : held.signals.filter(({ seq }) => seq > state.consumed)
  return { id, key, version, state, lastCrc, purge, signals }
}

function saveWrite(draft: Draft, held: Held, next: Held, batch: Batch, write: Write): void {
  const { record } = next.state
  if (write.checkpoint !== undefined) draft.saveText(held.key, 'checkpoint', record.tail, write.checkpoint)
  if (write.count > 0) draft.append(next, batch)
  // With entries and nothing else there is no more to write than their row: that is what keeps an append cheap.
  if (write.count === 0 || !isPlain(held.state, next.state)) draft.put(next)
  if (write.count > 0 || record.status !== held.state.record.status) draft.wake(next.id, write.count > 0 ? batch : null)
}

export function signalRun(draft: Draft, run: RunId, signal: NewSignal): RunRecord {
  const held = alive(draft, run, draft.now)
  const { record } = held.state
  const { id, type, data } = signal
  if (isEndStatus(record.status) || isKnownSignal(draft, held.key, id)) return record
  const [newest] = draft.database.all('SELECT max(seq) FROM signals WHERE run = ?', [held.key])
  const seq = Number(newest?.[0] ?? 0) + 1
  const values = [held.key, seq, id, type, data]
  draft.database.run('INSERT INTO signals (run, seq, id, type, data) VALUES (?, ?, ?, ?, ?)', values)
  // The row of the run is written too: its change number is how other processes learn of the signal.
  draft.put({ ...held, signals: [...held.signals, { id, type, data, seq }] })
  draft.wake(run, null)
  return record
}

/** A run has few signals, and they lie together. */
function isKnownSignal(draft: Draft, key: number, id: string): boolean {
  return draft.database.all('SELECT 1 FROM signals WHERE run = ? AND id = ?', [key, id]).length > 0
}

/** Whatever has run out goes with it, whichever run's it was: the table is as small as the readers are few. */
export function touchRun(draft: Draft, run: RunId, node: string, ttl: number): number {
  const { key } = alive(draft, run, draft.now)
  const { database, now } = draft
  database.run('INSERT OR REPLACE INTO presence (run, node, until) VALUES (?, ?, ?)', [key, node, now + ttl])
  database.run('DELETE FROM presence WHERE until <= ?', [now])
  return Number(database.all('SELECT count(*) FROM presence WHERE run = ?', [key])[0]?.[0])
}

/** Leaves a tombstone; `clearing.ts` removes the data. */
export function deleteRun(draft: Draft, run: RunId): void {
  const held = standing(draft, run, draft.now)
  if (!held) throw refusal('not_found', run)
  if (held.state.record.deletedAt !== null) return
  bury(draft, held, draft.now)
  draft.wake(run, null)
}

export function bury(draft: Draft, held: Held, deletedAt: number): void {
  const state = { ...held.state, record: entomb(held.state.record, deletedAt), nonce: null, last: null }
  draft.put({ ...held, state, signals: [], purge: true })
}

/** A tombstone whose time is over but which nobody has swept yet makes way for a new run of the same id. */
function retire(draft: Draft, { id, key }: Held): void {
  draft.database.run('UPDATE runs SET id = ? WHERE key = ?', [`#${String(key)}`, key])
  draft.forget(id)
}

function groupOf(run: RunId): string | null {
  const dot = run.indexOf('.')
  return dot === -1 ? null : run.slice(0, dot)
}
