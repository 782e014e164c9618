import type { EngineSort } from './engine.ts'
import { nats } from './nats.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'
import { sqlite } from './sqlite.ts'
import { schemeOf } from './stores.ts'

export const ENGINE_SORTS: readonly EngineSort[] = [sqlite, redis, postgres, nats]

/** @throws Error where no engine has the address */
export function engineSortOf(address: string): EngineSort {
  const sort = ENGINE_SORTS.find(({ scheme }) => scheme === schemeOf(address))
  if (!sort) throw new Error(`--store takes one of ${ENGINE_SORTS.map(({ scheme }) => scheme).join(', ')}, alone or with its address`)
  return sort
}
