import type { ListFilter } from '../store.ts'
import { toText } from './text.ts'

/** Asked for once: a table to join with would cost the order of the index. */
const NOW = '(SELECT now FROM clock)'
/** Whether a run's data can still be read. */
const ALIVE = `deleted_at IS NULL AND (ended_at IS NULL OR ended_at + retention > ${NOW})`

/** As rules.ts decides it. What stands first is the condition of the index. */
const NEEDS: Readonly<Record<NonNullable<ListFilter['needs']>, string>> = {
  owner: `ended_at IS NULL AND deleted_at IS NULL AND (
    status = 'queued' OR status = 'running' AND lease_until <= ${NOW}
    OR status = 'waiting' AND (signals > consumed OR lease_until > 0 AND lease_until <= ${NOW}))`,
  seal: 'unsealed',
}

/** The whole list in one statement, each row what is told of a run. There is an index for every filter. */
export function listStatement(s: string, filter: ListFilter): readonly [text: string, values: readonly unknown[]] {
  const values: unknown[] = []
  const at = (value: unknown): string => `$${String(values.push(value))}`
  const where = [ALIVE]
  const add = (condition: string): void => { where.push(condition) }
  const { needs, principal, kind, group, before } = filter
  if (needs !== undefined) add(NEEDS[needs])
  if (principal !== undefined) add(found('principal', at(toText(principal))))
  if (kind !== undefined) add(found('kind', at(toText(kind))))
  if (group !== undefined) add(`grp = ${at(group)}`)
  if (before) add(`(created_at, id) < (${at(before.createdAt)}, ${at(before.id)})`)
  const order = needs === undefined ? 'DESC' : 'ASC'
  const text = `WITH clock AS MATERIALIZED (SELECT ${s}.clock() AS now)
    SELECT ${s}.told(r, ${NOW}) FROM ${s}.runs AS r WHERE ${where.join(' AND ')}
    ORDER BY created_at ${order}, id ${order} LIMIT ${at(filter.limit)}`
  return [text, values]
}

function found(column: string, place: string): string {
  return `hashtextextended(${column}, 0) = hashtextextended(${place}::text COLLATE "C", 0) AND ${column} = ${place}`
}
