import { Child } from '../lib/child.mjs'
import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { startPostgres } from '../lib/postgres.mjs'
import { startRedis } from '../lib/redis.mjs'
import { compare, interleave, typical } from '../lib/rounds.mjs'
import { median } from '../lib/table.mjs'
import * as postgresStats from './postgres-stats.mjs'
import * as redisStats from './redis-stats.mjs'

/** Entries in one write of those whose runs have one write in flight. */
const BATCH = 64
/** Entries of a run, at least: the answer of a model has a few hundred. */
const SHORTEST = 500
/** A flush takes milliseconds: so many writes tell what one costs, and no bench takes long. */
const FLUSHED_WRITES = 250
/** How many entries each contender writes. */
const FULL = { rounds: 5, runs: [1, 100, 1000], embedded: 512_000, redis: 80_000, postgres: 20_000 }
const QUICK = { rounds: 2, runs: [1, 100], embedded: 256_000, redis: 10_000, postgres: 5_000 }

/** The first of each is the limit that the others are measured against. */
const EMBEDDED = {
  'file + write': { file: 'raw-file.mjs', kept: 'write' },
  'file + fdatasync': { file: 'raw-file.mjs', kept: 'fdatasync', flushes: true },
  'millrace, SQLite NORMAL': { file: 'store.mjs', kept: 'sqlite' },
  'millrace, SQLite FULL': { file: 'store.mjs', kept: 'sqlite-full', flushes: true },
  'durable-streams, files': { file: 'durable-streams.mjs', flushes: true, mostRuns: 100 },
}
const REDIS = {
  'raw XADD, pipelined': { file: 'raw-redis.mjs', batch: 100 },
  'raw XADD, one in flight': { file: 'raw-redis.mjs', batch: 1 },
  'millrace, one entry in flight': { file: 'store.mjs', kept: 'redis', batch: 1 },
  'millrace, full speed': { file: 'library.mjs', kept: 'redis' },
  'resumable-stream, one reader each': { file: 'resumable-stream.mjs', batch: 1 },
}

const POSTGRES = {
  'raw INSERT, pipelined': { file: 'raw-postgres.mjs', batch: 100 },
  'raw INSERT, one in flight': { file: 'raw-postgres.mjs', batch: 1 },
  'millrace, one entry in flight': { file: 'store.mjs', kept: 'postgres', batch: 1 },
  'millrace, full speed': { file: 'library.mjs', kept: 'postgres' },
}

/** What it costs to write an entry down, with all that makes it a log: fence, order, retries, wake-ups. */
export async function main(args) {
  const values = optionsOf(args)
  const form = values.quick ? QUICK : FULL
  const rounds = Number(values.rounds ?? form.rounds)
  const redis = await startRedis()
  const postgres = await startPostgres()
  try {
    const embedded = await raceAll(EMBEDDED, form.runs, rounds, form.embedded, null)
    const inRedis = redis === null ? [] : await raceAll(REDIS, [1, 100], rounds, form.redis, serverOf(redisStats, redis.port))
    const inPostgres = postgres === null ? [] : await raceAll(POSTGRES, [1, 100], rounds, form.postgres, serverOf(postgresStats, postgres))
    const distributed = [...inRedis.map((race) => ['Redis', race]), ...inPostgres.map((race) => ['Postgres', race])]
    publish({
      bench: 'append',
      title: 'Writing it down',
      tables: [
        ...embedded.map((race) => tableOf('Embedded', race, `a write has ${BATCH} entries`)),
        ...distributed.map(([engine, race]) => tableOf(engine, race, 'entries of one token')),
      ],
      targets: [...embedded.flatMap(embeddedTargets), ...distributed.flatMap(([engine, race]) => distributedTargets(engine, race))],
    }, values)
  } finally {
    await redis?.stop()
    await postgres?.stop()
  }
}

/** A race for each number of runs. */
async function raceAll(contenders, numbers, rounds, entries, server) {
  const races = []
  for (const runs of numbers) {
    const fit = Object.fromEntries(Object.entries(contenders).filter(([, { mostRuns = Infinity }]) => runs <= mostRuns))
    const samples = await interleave(fit, rounds, (name) => measure(fit[name], { runs, entries: entriesOf(fit[name], runs, entries), server }))
    races.push({ runs, samples })
  }
  return races
}

function entriesOf({ flushes = false }, runs, entries) {
  const most = flushes ? FLUSHED_WRITES * runs * BATCH : Infinity
  // A run costs a few commands whatever it says: none is so short that they are what is measured.
  return Math.max(Math.min(entries, most), runs * SHORTEST)
}

/** What the server of a race tells of itself. */
function serverOf({ clear, commandsOf, cpuOf }, at) {
  const read = async () => ({ commands: await commandsOf(at), cpu: await cpuOf(at) })
  return { clear: () => clear(at), read }
}

async function measure({ file, kept, batch = BATCH }, { runs, entries, server }) {
  const work = { runs, batch, kept, entries: Math.ceil(entries / runs / batch) * runs * batch }
  await server?.clear()
  const child = new Child(new URL(file, import.meta.url), [JSON.stringify(work)])
  try {
    await child.answer()
    const before = await server?.read()
    child.tell('go')
    const { seconds, cpuSeconds } = await child.answer()
    const million = work.entries / 1e6
    const after = await server?.read()
    return {
      'CPU-s/M entries': cpuSeconds / million,
      'k entries/s': work.entries / seconds / 1000,
      ...(before && {
        'commands an entry': (after.commands - before.commands) / work.entries,
        'server CPU-s/M': (after.cpu - before.cpu) / million,
      }),
    }
  } finally {
    await child.end()
  }
}

function tableOf(engine, { runs, samples }, how) {
  const title = `${engine}, ${runs} run${runs === 1 ? '' : 's'} at once; ${how}`
  return { name: `${engine.toLowerCase()}-${runs}`, title, rows: compare(samples), bars: 'k entries/s' }
}

function embeddedTargets({ runs, samples }) {
  if (runs !== 100) return []
  // Of the same round: what a flush costs changes from one moment to the next.
  const full = median(samples['millrace, SQLite FULL'].map((sample, round) => sample['k entries/s'] / samples['file + fdatasync'][round]['k entries/s']))
  return [
    { what: 'SQLite NORMAL, 100 runs', value: typical(samples, 'millrace, SQLite NORMAL', 'k entries/s'), atLeast: 300, unit: ' k/s' },
    { what: 'SQLite FULL × file + fdatasync, 100 runs', value: full, atLeast: 0.5 },
  ]
}

/** Commands an entry. To Postgres a notice is a statement of its own: an entry that is alone costs two, many runs share one. */
const AT_MOST = {
  Redis: { full: 0.03, one: 1.01 },
  Postgres: { full: 0.05, one: 2.05 },
}

function distributedTargets(engine, { runs, samples }) {
  const { full, one } = AT_MOST[engine]
  const commands = (contender) => typical(samples, contender, 'commands an entry')
  return [
    { what: `${engine}, ${runs} at once, full speed: commands an entry`, value: commands('millrace, full speed'), atMost: full },
    { what: `${engine}, ${runs} at once, one entry in flight: commands an entry`, value: commands('millrace, one entry in flight'), atMost: one },
  ]
}
