import { Child } from '../lib/child.mjs'
import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { compare, interleave } from '../lib/rounds.mjs'
import { EMBEDDED, ENGINES } from './contenders.mjs'
import { embeddedTargets, engineTargets } from './targets.mjs'

/** Entries in one write of those whose runs have one write in flight. */
const BATCH = 64
/** Writes that are on their way at once, of all runs. */
const MOST_IN_FLIGHT = 10_000
/** Entries of a run that is started and ended, at least: the answer of a model has a few hundred. */
const SHORTEST = 500
/** A flush takes milliseconds: so many writes tell what one costs, and no bench takes long. */
const FLUSHED_WRITES = 250
/** How many entries each contender writes. */
const FULL = { rounds: 5, runs: [1, 100, 1000], Embedded: 512_000, Redis: 80_000, Postgres: 20_000, NATS: 20_000 }
const QUICK = { rounds: 2, runs: [1, 100], Embedded: 256_000, Redis: 10_000, Postgres: 5_000, NATS: 5_000 }

/** What it costs to write an entry down, with all that makes it a log: fence, order, retries, wake-ups. */
export async function main(args) {
  const values = optionsOf(args, {
    // Names of tables, with commas.
    only: { type: 'string', default: ['Embedded', ...Object.keys(ENGINES)].join() },
    // A folder for the contenders' CPU profiles; writing them costs, so such figures are no figures.
    profile: { type: 'string' },
  })
  const form = values.quick ? QUICK : FULL
  const plan = { runs: form.runs, rounds: Number(values.rounds ?? form.rounds), profile: values.profile }
  const found = { tables: [], targets: [] }
  for (const name of values.only.split(',')) {
    const { tables, targets } = name === 'Embedded' ? await embedded({ ...plan, entries: form[name] }) : await onEngine(name, { ...plan, entries: form[name] })
    found.tables.push(...tables)
    found.targets.push(...targets)
  }
  publish({ bench: 'append', title: 'Writing it down', ...found }, values)
}

async function embedded(plan) {
  const races = await raceAll(EMBEDDED, plan)
  const note = 'A commit is one write to the file, or one transaction of SQLite: with `fdatasync` and FULL, one flush.'
  return {
    tables: races.map((race) => tableOf('Embedded', race, `a write has ${BATCH} entries`, note)),
    targets: races.flatMap(embeddedTargets),
  }
}

async function onEngine(name, plan) {
  const engine = ENGINES[name]
  const server = await engine.start()
  if (server === null) {
    console.log(`There is no ${name} on this machine.`)
    return { tables: [], targets: [] }
  }
  try {
    const read = async () => ({ commands: await engine.commandsOf(server), cpu: await engine.cpuOf(server) })
    const races = await raceAll(engine.contenders, { ...plan, server: { clear: () => engine.clear(server), read } })
    return {
      tables: races.map((race) => tableOf(name, race, 'entries of one token', `A round trip is ${engine.command}.`)),
      targets: races.flatMap((race) => engineTargets(name, engine, race)),
    }
  } finally {
    await server.stop()
  }
}

/** A race for each number of runs. */
async function raceAll(contenders, plan) {
  const races = []
  for (const runs of plan.runs) {
    const fit = Object.fromEntries(Object.entries(contenders).filter(([, { mostRuns = Infinity }]) => runs <= mostRuns))
    races.push({ runs, samples: await interleave(fit, plan.rounds, (name) => measure(fit[name], runs, plan)) })
  }
  return races
}

async function measure(contender, runs, { entries, server, profile }) {
  const work = workOf(contender, runs, entries)
  await server?.clear()
  const child = new Child(new URL(contender.file, import.meta.url), [JSON.stringify(work)], { profile })
  try {
    await child.answer()
    const before = await server?.read()
    child.tell('go')
    const { seconds, cpuSeconds, commits } = await child.answer()
    const after = await server?.read()
    const million = work.entries / 1e6
    const trips = before === undefined
      ? { 'commits an entry': commits / work.entries }
      : { 'commands an entry': (after.commands - before.commands) / work.entries, 'server CPU-s/M': (after.cpu - before.cpu) / million }
    return { 'CPU-s/M entries': cpuSeconds / million, 'k entries/s': work.entries / seconds / 1000, ...trips }
  } finally {
    await child.end()
  }
}

function workOf({ kept, batch: wanted = BATCH, flushes = false, isWhole = false, isJoined = false }, runs, entries) {
  const batch = Math.min(wanted, MOST_IN_FLIGHT / runs)
  const most = flushes ? FLUSHED_WRITES * runs * BATCH : Infinity
  // A whole run costs a few commands whatever it says: none is so short that they are what is measured.
  const least = isWhole ? runs * SHORTEST : 0
  return { runs, batch, kept, isJoined, entries: Math.ceil(Math.max(Math.min(entries, most), least) / runs / batch) * runs * batch }
}

function tableOf(engine, { runs, samples }, how, note) {
  const title = `${engine}, ${runs} run${runs === 1 ? '' : 's'} at once; ${how}`
  return { name: `${engine.toLowerCase()}-${runs}`, title, rows: compare(samples), bars: 'k entries/s', notes: [`\n${note}`] }
}
