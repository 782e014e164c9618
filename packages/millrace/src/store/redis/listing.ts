import { matchesFilter, needsOwner, needsSeal, newestFirst } from '../rules.ts'
import type { ListFilter, RunRecord } from '../store.ts'
import type { Engine } from './engine.ts'
import type { Keys } from './keys.ts'
import { listOf, toldOf } from './reply.ts'
import type { Reply, Told } from './reply.ts'

/** Records looked at in one command; the server answers nobody else meanwhile. */
const RECORDS_AT_ONCE = 64

/**
 * Every bucket gives its first `limit` records and the first of all of them are taken. The indexes
 * only narrow the choice; whether a run belongs in the list is decided by its record.
 */
export async function listRuns(engine: Engine, keys: Keys, filter: ListFilter): Promise<readonly RunRecord[]> {
  const buckets = filter.group === undefined ? keys.buckets : [keys.bucketOf(filter.group)]
  const lists = await Promise.all(buckets.map((bucket) => listBucket(engine, bucket, filter)))
  const found = lists.flat().sort(newestFirst)
  return (filter.needs === undefined ? found : found.reverse()).slice(0, filter.limit)
}

async function listBucket(engine: Engine, bucket: string, filter: ListFilter): Promise<readonly RunRecord[]> {
  const order = filter.needs === undefined ? 'desc' : 'asc'
  const found: RunRecord[] = []
  let from = filter.before === undefined ? '' : placeOf(filter.before)
  do {
    const args = [indexFor(filter), order, from, String(RECORDS_AT_ONCE)]
    const [reached, records] = listOf(await engine.evaluate('list', bucket, args))
    for (const told of listOf(records).map(readTold)) {
      if (told.record && matchesFilter(told.record, filter) && isNeeded(told, told.record, filter)) found.push(told.record)
    }
    from = String(reached)
  } while (from !== '' && found.length < filter.limit)
  return found
}

function readTold(reply: Reply): Told {
  const [run, told] = listOf(reply)
  return toldOf(String(run), told)
}

/** The narrowest. */
function indexFor({ needs, group, principal, kind }: ListFilter): string {
  if (needs !== undefined) return needs === 'owner' ? 'free' : 'unsealed'
  if (group !== undefined) return `group:${group}`
  if (principal !== undefined) return `of:${principal}`
  return kind === undefined ? 'all' : `kind:${kind}`
}

function isNeeded(told: Told, record: RunRecord, { needs }: ListFilter): boolean {
  switch (needs) {
    case 'owner': return needsOwner(record, told.hasSignal, told.now)
    case 'seal': return needsSeal(record)
    default: return true
  }
}

/** As the scripts write it. */
function placeOf({ createdAt, id }: NonNullable<ListFilter['before']>): string {
  return `${String(createdAt).padStart(15, '0')}:${id}`
}
