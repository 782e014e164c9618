import type { Batch } from '../../event/batch.ts'
import { MillraceError } from '../../event/error.ts'
import { refusal } from '../refusal.ts'
import { decideSeal } from '../rules.ts'
import type { RunId, Seal } from '../store.ts'
import { clearPacked } from './clearing.ts'
import { crcOfBatch } from './crc.ts'
import type { Draft } from './draft.ts'
import type { Engine } from './engine.ts'
import type { Held } from './held.ts'
import { alive } from './standing.ts'

/** Segments written in one transaction, in bytes: some milliseconds' worth. */
const BYTES_AT_ONCE = 1 << 20

/**
 * A reader takes segments only up to the run's `sealedTo`. So a long log's segments are laid down
 * beyond it in several transactions first, unseen; one transaction then moves `sealedTo`. The rows
 * behind it are removed later, with those of other runs. A crash in between leaves something to clear, never
 * something to read twice.
 */
export async function sealRun(engine: Engine, run: RunId, seal: Seal): Promise<void> {
  const slices = slicesOf(seal.segments)
  const isLong = slices.length > 1 && await isNew(engine, run, seal)
  if (isLong) {
    for (const slice of slices.slice(0, -1)) {
      await engine.write((draft) => { layDown(draft, alive(draft, run, draft.now), slice) })
    }
  }
  const rest = isLong ? slices.at(-1) ?? [] : seal.segments
  await engine.write((draft) => { swap(draft, run, seal, rest) })
  await clearPacked(engine)
}

/** Whether nothing of it is readable as segments yet, so that it may be laid down before it is. */
async function isNew(engine: Engine, run: RunId, { segments }: Seal): Promise<boolean> {
  const { state: { record } } = await engine.read(() => alive(engine.view, run, engine.clock()))
  return decideSeal(record, segments).kind === 'swap' && segments[0]?.first === record.sealedTo + 1
}

function swap(draft: Draft, run: RunId, seal: Seal, lastSlice: readonly Batch[]): void {
  const held = alive(draft, run, draft.now)
  const { state } = held
  const decision = decideSeal(state.record, seal.segments)
  if (decision.kind === 'refused') throw refusal(decision.code, run)
  if (decision.kind === 'done') return
  const { first, last, record } = decision
  if (!beginsAt(draft, held, first) || !draft.view.live.endsAt(held.key, last)) throw refusal('conflict', run)
  if (lastSlice.length < seal.segments.length) checkLaidDown(draft, held, seal.segments, lastSlice.length)
  else draft.database.run('DELETE FROM segments WHERE run = ? AND last >= ?', [held.key, first])
  layDown(draft, held, lastSlice)
  if (seal.snapshot !== null) draft.saveText(held.key, 'snapshot', 0, seal.snapshot)
  draft.put({ ...held, state: { ...state, record } })
  draft.afterCommit(() => { draft.view.packed.add(held.key, last) })
}

/** Whether a segment or a row begins with this offset. What is not sealed yet begins with a row. */
function beginsAt({ database }: Draft, { key, state }: Held, first: number): boolean {
  if (first === 1 || first > state.record.sealedTo) return true
  return database.all('SELECT 1 FROM segments WHERE run = ? AND last = ?', [key, first - 1]).length > 0
}

function layDown({ database }: Draft, { key }: Held, segments: readonly Batch[]): void {
  for (const segment of segments) {
    const { first, last, epoch, bytes, parts, head } = segment
    database.run(
      'INSERT OR REPLACE INTO segments (run, last, first, epoch, crc, parts, head, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [key, last, first, epoch, crcOfBatch(key, segment), parts, head, bytes],
    )
  }
}

/** Another process may have been laying down its own packing of the same log in between. */
function checkLaidDown({ database }: Draft, { key, state }: Held, segments: readonly Batch[], missing: number): void {
  const laid = database.all(
    'SELECT last, crc FROM segments WHERE run = ? AND last > ? ORDER BY last',
    [key, state.record.sealedTo],
  )
  const ours = segments.slice(0, -missing)
  const isOurs = laid.length === ours.length
    && ours.every((segment, i) => laid[i]?.[0] === segment.last && laid[i][1] === crcOfBatch(key, segment))
  if (!isOurs) {
    database.run('DELETE FROM segments WHERE run = ? AND last > ?', [key, state.record.sealedTo])
    throw new MillraceError('store_busy', 'Another process is sealing the same run; try again.')
  }
}

function slicesOf(segments: readonly Batch[]): readonly (readonly Batch[])[] {
  const slices: Batch[][] = []
  let size = BYTES_AT_ONCE
  for (const segment of segments) {
    if (size >= BYTES_AT_ONCE) {
      slices.push([])
      size = 0
    }
    slices.at(-1)?.push(segment)
    size += segment.bytes.length
  }
  return slices
}
