import { Child } from '../lib/child.mjs'
import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { startRedis } from '../lib/redis.mjs'
import { compare, interleave, typical } from '../lib/rounds.mjs'
import { median } from '../lib/table.mjs'
import { clear, commandsOf, cpuOf } from './redis-stats.mjs'

/** Entries in one write of those whose runs have one write in flight. */
const BATCH = 64
/** Entries of a run, at least: the answer of a model has a few hundred. */
const SHORTEST = 500
/** A flush takes milliseconds: so many writes tell what one costs, and no bench takes long. */
const FLUSHED_WRITES = 250
/** How many entries each contender writes. */
const FULL = { rounds: 5, runs: [1, 100, 1000], embedded: 512_000, redis: 80_000 }
const QUICK = { rounds: 2, runs: [1, 100], embedded: 256_000, redis: 10_000 }

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

/** What it costs to write an entry down, with all that makes it a log: fence, order, retries, wake-ups. */
export async function main(args) {
  const values = optionsOf(args)
  const form = values.quick ? QUICK : FULL
  const rounds = Number(values.rounds ?? form.rounds)
  const redis = await startRedis()
  try {
    const embedded = await raceAll(EMBEDDED, form.runs, rounds, form.embedded, null)
    const distributed = redis === null ? [] : await raceAll(REDIS, [1, 100], rounds, form.redis, redis.port)
    publish({
      bench: 'append',
      title: 'Writing it down',
      tables: [...embedded.map((race) => tableOf('embedded', race, `a write has ${BATCH} entries`)), ...distributed.map((race) => tableOf('redis', race, 'entries of one token'))],
      targets: [...embedded.flatMap(embeddedTargets), ...distributed.flatMap(redisTargets)],
    }, values)
  } finally {
    await redis?.stop()
  }
}

/** A race for each number of runs. */
async function raceAll(contenders, numbers, rounds, entries, port) {
  const races = []
  for (const runs of numbers) {
    const fit = Object.fromEntries(Object.entries(contenders).filter(([, { mostRuns = Infinity }]) => runs <= mostRuns))
    const samples = await interleave(fit, rounds, (name) => measure(fit[name], { runs, entries: entriesOf(fit[name], runs, entries), port }))
    races.push({ runs, samples })
  }
  return races
}

function entriesOf({ flushes = false }, runs, entries) {
  const most = flushes ? FLUSHED_WRITES * runs * BATCH : Infinity
  // A run costs a few commands whatever it says: none is so short that they are what is measured.
  return Math.max(Math.min(entries, most), runs * SHORTEST)
}

async function measure({ file, kept, batch = BATCH }, { runs, entries, port }) {
  const work = { runs, batch, kept, entries: Math.ceil(entries / runs / batch) * runs * batch }
  if (port !== null) await clear(port)
  const child = new Child(new URL(file, import.meta.url), [JSON.stringify(work)])
  try {
    await child.answer()
    const before = port === null ? null : { commands: await commandsOf(port), cpu: await cpuOf(port) }
    child.tell('go')
    const { seconds, cpuSeconds } = await child.answer()
    const million = work.entries / 1e6
    return {
      'CPU-s/M entries': cpuSeconds / million,
      'k entries/s': work.entries / seconds / 1000,
      ...(before && {
        'commands an entry': (await commandsOf(port) - before.commands) / work.entries,
        'Redis CPU-s/M': (await cpuOf(port) - before.cpu) / million,
      }),
    }
  } finally {
    await child.end()
  }
}

function tableOf(kind, { runs, samples }, how) {
  const title = `${kind === 'redis' ? 'Redis' : 'Embedded'}, ${runs} run${runs === 1 ? '' : 's'} at once; ${how}`
  return { name: `${kind}-${runs}`, title, rows: compare(samples), bars: 'k entries/s' }
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

function redisTargets({ runs, samples }) {
  return [
    { what: `Redis, ${runs} at once, full speed: commands an entry`, value: typical(samples, 'millrace, full speed', 'commands an entry'), atMost: 0.03 },
    { what: `Redis, ${runs} at once, one entry in flight: commands an entry`, value: typical(samples, 'millrace, one entry in flight', 'commands an entry'), atMost: 1.01 },
  ]
}
