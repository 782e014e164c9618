// Who writes where. The first of each is the limit that the others are measured against.
import { startNats } from '../lib/nats.mjs'
import { startPostgres } from '../lib/postgres.mjs'
import { startRedis } from '../lib/redis.mjs'
import * as natsStats from './nats-stats.mjs'
import * as postgresStats from './postgres-stats.mjs'
import * as redisStats from './redis-stats.mjs'

/** `joined`: adjacent deltas as one line, which is how a producer writes more than sixteen that were said together. */
export const EMBEDDED = {
  'file + write': { file: 'raw-file.mjs', kept: 'write' },
  'file + fdatasync': { file: 'raw-file.mjs', kept: 'fdatasync', flushes: true },
  'millrace, SQLite NORMAL': { file: 'store.mjs', kept: 'sqlite' },
  'millrace, SQLite FULL': { file: 'store.mjs', kept: 'sqlite-full', flushes: true },
  'millrace, SQLite NORMAL, joined': { file: 'store.mjs', kept: 'sqlite', isJoined: true, mostRuns: 100 },
  'millrace, SQLite FULL, joined': { file: 'store.mjs', kept: 'sqlite-full', flushes: true, isJoined: true, mostRuns: 100 },
  'durable-streams, files': { file: 'durable-streams.mjs', flushes: true, mostRuns: 100 },
}

/** One write an entry, as many as that on their way at once; a batch of the library is what piled up. */
function distributed(kept, what) {
  return {
    [`raw ${what}, pipelined`]: { file: `raw-${kept}.mjs`, batch: 100 },
    [`raw ${what}, one in flight`]: { file: `raw-${kept}.mjs`, batch: 1 },
    'millrace, one entry in flight': { file: 'store.mjs', kept, batch: 1 },
    'millrace, full speed': { file: 'library.mjs', kept, isWhole: true },
  }
}

/**
 * `command`: what a round trip is there. `full` and `one`: how many an entry may cost, at full speed and with one in flight. A whole run
 * on NATS is thirty messages beside its entries, for its places and pieces are messages too.
 */
export const ENGINES = {
  Redis: {
    start: startRedis, ...redisStats,
    contenders: {
      ...distributed('redis', 'XADD'),
      'resumable-stream, one reader each': { file: 'resumable-stream.mjs', batch: 1 },
    },
    command: 'a command: a script that writes and wakes, an XADD, a PUBLISH',
    full: 0.03, one: 1.01,
  },
  Postgres: {
    start: startPostgres, ...postgresStats,
    contenders: distributed('postgres', 'INSERT'),
    command: 'a statement; a notice to other processes is one of its own, which many runs share',
    full: 0.05, one: 2.05,
  },
  NATS: {
    start: startNats, ...natsStats,
    contenders: distributed('nats', 'publish'),
    command: 'a message that a client sends; the server sends it on to watchers by itself',
    full: 0.07, one: 1.01,
  },
}
