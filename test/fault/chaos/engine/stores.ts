import type { Store } from '../../../../packages/millrace/src/index.ts'
import { nats } from '../../../../packages/millrace/src/store/nats/index.ts'
import { postgres } from '../../../../packages/millrace/src/store/postgres/index.ts'
import { redis } from '../../../../packages/millrace/src/store/redis/index.ts'
import { sqlite } from '../../../../packages/millrace/src/store/sqlite/index.ts'
import type { StoreOpener } from './engine.ts'

const OPENERS: Readonly<Record<string, StoreOpener>> = {
  nats: (address) => nats(address, { warn: () => undefined }),
  postgres: (address) => postgres(address, { warn: () => undefined }),
  redis: (address) => redis(address, { warn: () => undefined }),
  sqlite: (address) => sqlite(address.slice('sqlite:'.length)),
}

/** A store as a worker and the oracle open it, by its address. */
export function openStore(address: string): Store {
  const open = OPENERS[schemeOf(address)]
  if (!open) throw new Error(`no store for ${address}`)
  return open(address)
}

export function schemeOf(address: string): string {
  return address.split(':')[0] ?? ''
}
