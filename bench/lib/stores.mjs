// The stores a bench can put a run in, by the names its options use.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory } from 'millrace'
import { nats } from 'millrace/nats'
import { postgres } from 'millrace/postgres'
import { redis } from 'millrace/redis'
import { sqlite } from 'millrace/sqlite'

const STORES = {
  memory,
  sqlite: () => sqlite(join(ownFolder(), 'log.db')),
  'sqlite-full': () => sqlite(join(ownFolder(), 'log.db'), { durability: 'power' }),
  /** The server that `lib/redis.mjs` started keeps nothing, and says so. */
  redis: () => redis(`redis://127.0.0.1:${process.env.MILLRACE_BENCH_REDIS}`, { warn: () => {} }),
  postgres: () => postgres(process.env.MILLRACE_BENCH_POSTGRES, { warn: () => {} }),
  nats: () => nats(process.env.MILLRACE_BENCH_NATS),
}

/** Gone with this process. */
export function ownFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** @param {string} name */
export function storeOf(name) {
  if (!Object.hasOwn(STORES, name)) throw new Error(`There is no store ${name}; there is: ${Object.keys(STORES).join(', ')}.`)
  return STORES[name]()
}
