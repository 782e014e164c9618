import type { Batch } from '../../event/batch.ts'
import type { Checkpoint, Loaded, Page, RunId } from '../store.ts'
import { crcOfBatch, crcOfText } from './crc.ts'
import type { Row } from './driver.ts'
import type { Engine } from './engine.ts'
import { corrupt } from './failure.ts'
import { alive } from './standing.ts'

/** Rows of the journal fetched by one statement. */
const ROWS_AT_ONCE = 32
/** And by one page: about two milliseconds' worth. */
const ROWS_A_PAGE = 1_024

const JOURNAL_COLUMNS = 'SELECT id, first, last, epoch, crc, bytes, parts FROM journal WHERE id'
const ONE_ROW = `${JOURNAL_COLUMNS} = ?`
const MANY_ROWS = `${JOURNAL_COLUMNS} IN (${Array.from({ length: ROWS_AT_ONCE }, () => '?').join(', ')}) ORDER BY id`

/** A page of rows that were written just now, where nobody has to look for them in the file. */
export function recallPage({ view, clock }: Engine, run: RunId, after: number, maxBytes: number): Page | undefined {
  if (!view.has(run)) return undefined
  const { key, state: { record } } = alive(view, run, clock())
  if (after < record.sealedTo) return undefined
  const batches = view.recent.all(view.live.following(key, after, maxBytes, ROWS_A_PAGE))
  if (batches === null) return undefined
  checkJoined(batches, after, record.tail, run)
  return { batches, record }
}

/** One page of the log, each batch checked against its checksum and its neighbour. */
export function readPage(engine: Engine, run: RunId, after: number, maxBytes: number): Page {
  const { key, state: { record } } = alive(engine.view, run, engine.clock())
  const batches: Batch[] = []
  let size = 0
  let at = after
  while (at < record.sealedTo && (size < maxBytes || size === 0)) {
    const batch = readSegment(engine, key, at)
    batches.push(batch)
    size += batch.bytes.length
    at = batch.last
  }
  if (at >= record.sealedTo && (size < maxBytes || size === 0)) batches.push(...readRows(engine, key, at, maxBytes - size))
  checkJoined(batches, after, record.tail, run)
  return { batches, record }
}

function readSegment({ database }: Engine, key: number, after: number): Batch {
  const [row] = database.all(
    'SELECT first, last, epoch, crc, bytes, parts, head FROM segments WHERE run = ? AND last > ? ORDER BY last LIMIT 1',
    [key, after],
  )
  if (row === undefined) throw corrupt('a sealed part of a log is missing')
  const [first, last, epoch, crc, bytes, parts = null, head = null] = row
  return checked(key, { first, last, epoch, bytes, parts, head }, crc)
}

function readRows({ database, view }: Engine, key: number, after: number, maxBytes: number): Batch[] {
  const ids = view.live.following(key, after, maxBytes, ROWS_A_PAGE)
  const rows: Row[] = []
  for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
    const some = ids.slice(start, start + ROWS_AT_ONCE)
    if (some.length === 1) rows.push(...database.all(ONE_ROW, some))
    else rows.push(...database.all(MANY_ROWS, padded(some)))
  }
  if (rows.length !== ids.length) throw corrupt('a row of a log is missing')
  return rows.map(([, first, last, epoch, crc, bytes, parts = null]) => checked(key, { first, last, epoch, bytes, parts, head: null }, crc))
}

/** The same id again finds nothing more, and the statement keeps its one form. */
function padded(ids: readonly number[]): readonly number[] {
  return [...ids, ...Array.from({ length: ROWS_AT_ONCE - ids.length }, () => ids[0] ?? 0)]
}

/** A batch as it was read: anything may be in it until its checksum is known to be right. */
type Found = { readonly [K in keyof Batch]: unknown }

function checked(key: number, found: Found, crc: unknown): Batch {
  if (!isBatch(found) || crcOfBatch(key, found) !== crc) throw corrupt('a part of a log has changed by itself')
  return found
}

function isBatch(found: Found): found is Batch {
  return (
    typeof found.first === 'number' && typeof found.last === 'number' && typeof found.epoch === 'string' &&
    found.bytes instanceof Uint8Array && (found.parts === null || found.parts instanceof Uint8Array) &&
    (found.head === null || typeof found.head === 'string')
  )
}

function checkJoined(batches: readonly Batch[], after: number, tail: number, run: RunId): void {
  const [first] = batches
  const isWhole =
    (first === undefined ? after >= tail : first.first <= after + 1) &&
    batches.every((batch, i) => batch.last <= tail && (i === 0 || batch.first === (batches[i - 1]?.last ?? 0) + 1))
  if (!isWhole) throw corrupt(`the log of run ${run} has a gap`)
}

/** What does not change per entry. */
export function loadRun(engine: Engine, run: RunId): Loaded {
  const { key, state: { record } } = alive(engine.view, run, engine.clock())
  const texts = new Map<string, Checkpoint>()
  const rows = engine.database.all('SELECT name, at, text, crc FROM texts WHERE run = ?', [key])
  for (const [name, at, text, crc] of rows) {
    if (typeof name !== 'string' || typeof at !== 'number' || typeof text !== 'string') {
      throw corrupt('a text cannot be read')
    }
    if (crcOfText(key, name, at, text) !== crc) throw corrupt(`the ${name} of run ${run} has changed by itself`)
    texts.set(name, { offset: at, data: text })
  }
  const input = texts.get('input')?.data
  if (input === undefined) throw corrupt(`the input of run ${run} is missing`)
  return { record, input, checkpoint: texts.get('checkpoint') ?? null, snapshot: texts.get('snapshot')?.data ?? null }
}
