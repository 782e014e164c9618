import { matchesFilter, needsOwner, needsSeal } from '../rules.ts'
import type { ListFilter, RunRecord } from '../store.ts'
import type { Value } from './driver.ts'
import type { Engine } from './engine.ts'
import { STATE_COLUMNS } from './held.ts'
import { standingAt } from './standing.ts'

/** Runs looked at in one turn of the event loop. */
const RUNS_AT_ONCE = 256

type Place = ListFilter['before']

interface Slice {
  readonly found: readonly RunRecord[]
  /** Where to go on; `undefined` at the end. */
  readonly next: Place
}

/**
 * In slices, each of which sees the file as it is then. The columns only narrow the choice; whether
 * a run belongs in the list is decided by its state.
 */
export async function listRuns(engine: Engine, filter: ListFilter): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = []
  let before: Place = filter.before
  do {
    const slice = await engine.read(() => lookAt(engine, filter, before))
    found.push(...slice.found)
    before = slice.next
  } while (before !== undefined && found.length < filter.limit)
  return found.slice(0, filter.limit)
}

function lookAt(engine: Engine, filter: ListFilter, before: Place): Slice {
  const now = engine.clock()
  const [where, params] = conditions(filter, before, now)
  const order = filter.needs === undefined ? 'DESC' : 'ASC'
  const rows = engine.database.all(
    `SELECT ${STATE_COLUMNS} FROM runs WHERE ${where} ORDER BY created_at ${order}, id ${order} LIMIT ?`,
    [...params, RUNS_AT_ONCE],
  )
  const runs = rows.map((row) => engine.view.stateOf(row))
  const found = runs
    .map((held) => standingAt(held, now)?.state.record)
    .filter((record) => record !== undefined)
    .filter((record) => matchesFilter(record, filter) && isNeeded(record, filter, now))
  const last = rows.length === RUNS_AT_ONCE ? runs.at(-1) : undefined
  return { found, next: last && { createdAt: last.state.record.createdAt, id: last.id } }
}

function conditions(filter: ListFilter, before: Place, now: number): readonly [where: string, params: readonly Value[]] {
  const where = ['(expires_at IS NULL OR expires_at > ?)']
  const params: Value[] = [now]
  const add = (condition: string, ...values: readonly Value[]): void => {
    where.push(condition)
    params.push(...values)
  }
  if (filter.needs === 'owner') add('claimable = 1 AND lease_until <= ?', now)
  if (filter.needs === 'seal') add('unsealed = 1')
  if (filter.principal !== undefined) add('principal = ?', filter.principal)
  if (filter.group !== undefined) add('grp = ?', filter.group)
  if (before) add(`(created_at, id) ${filter.needs === undefined ? '<' : '>'} (?, ?)`, before.createdAt, before.id)
  return [where.join(' AND '), params]
}

/** A waiting run is among the claimable ones only while it has a signal, or once its time is over. */
function isNeeded(record: RunRecord, filter: ListFilter, now: number): boolean {
  switch (filter.needs) {
    case 'owner': return needsOwner(record, true, now)
    case 'seal': return needsSeal(record)
    default: return true
  }
}
