import { memory, MillraceError } from 'millrace'
import type { Store } from 'millrace'
import { nats } from 'millrace/nats'
import { postgres } from 'millrace/postgres'
import { redis } from 'millrace/redis'
import { sqlite } from 'millrace/sqlite'
import { FlagError } from './flags.ts'
import type { StoreFlag } from './flags.ts'

/**
 * The store that `--store` names, asked once whether it will do. One that is away may come: the server starts without it, and says
 * so when it looks for work.
 * @throws FlagError for one that no waiting will mend, saying why and what to do
 */
export async function openStore(flag: StoreFlag): Promise<Store> {
  try {
    const store = storeAt(flag)
    await store.list({ limit: 1 }).catch(unlessAway)
    return store
  } catch (error) {
    throw error instanceof MillraceError ? new FlagError(`--store ${toText(flag)}: ${error.message}`) : error
  }
}

function unlessAway(error: unknown): void {
  if (!(error instanceof MillraceError && error.retryable)) throw error
}

function storeAt(flag: StoreFlag): Store {
  switch (flag.kind) {
    case 'memory': return memory()
    case 'sqlite': return sqlite(flag.path)
    case 'redis': return redis(flag.url)
    case 'postgres': return postgres(flag.url)
    case 'nats': return nats(flag.url)
  }
}

/** Without what may be a password. */
function toText(flag: StoreFlag): string {
  if (flag.kind === 'memory') return 'memory:'
  if (flag.kind === 'sqlite') return `sqlite:${flag.path}`
  const { protocol, host, pathname } = new URL(flag.url)
  return `${protocol}//${host}${pathname}`
}
