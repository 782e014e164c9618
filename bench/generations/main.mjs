import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { compare, interleave } from '../lib/rounds.mjs'
import { BUSY, measure } from './measure.mjs'
import { PARTS } from './parts.mjs'
import { targetsOf } from './targets.mjs'

/** Each a server in a file of its own, and what it is told. The first is the limit that the others are measured against. */
const CONTENDERS = {
  'raw res.write': { file: 'raw.mjs' },
  'raw, one write a turn': { file: 'raw-coalesced.mjs', peer: true },
  'millrace, memory': { file: 'millrace.mjs', args: ['memory'] },
  'millrace, SQLite NORMAL': { file: 'millrace.mjs', args: ['process'] },
  'millrace, SQLite FULL': { file: 'millrace.mjs', args: ['power'] },
  'better-sse': { file: 'better-sse.mjs', peer: true },
  'hono streamSSE': { file: 'hono.mjs', peer: true },
  'h3 EventStream': { file: 'h3.mjs', peer: true },
  'TanStack AI': { file: 'tanstack.mjs', peer: true },
  'AI SDK 7 (pipe)': { file: 'ai.mjs', peer: true },
}

/** Every request its own generation, read by the one who asked for it: against plain streams without a log. */
export async function main(args) {
  const values = optionsOf(args, {
    part: { type: 'string', multiple: true, default: ['unpaced', 'paced', 'first'] },
    only: { type: 'string', multiple: true, default: Object.keys(CONTENDERS) },
    // A folder for the servers' CPU profiles; writing them costs, so such figures are no figures.
    profile: { type: 'string' },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5))
  const tables = []
  const targets = []
  for (const part of values.part) {
    if (!Object.hasOwn(PARTS, part)) throw new Error(`There is no part ${part}. There are: ${Object.keys(PARTS).join(', ')}.`)
    const measured = []
    for (const work of PARTS[part](values.quick)) {
      const contenders = chosen(part, values, rounds)
      const samples = await interleave(contenders, rounds, (name) => measure(contenders[name], { ...work, runs: runsOf(work, contenders[name]), profile: values.profile }))
      measured.push({ work, samples })
      const name = `${part}-${work.atOnce}-${work.runs}`
      tables.push({ name, title: work.title, rows: compare(samples), notes: notesOf(samples), ...(part === 'unpaced' && { bars: '× limit' }) })
    }
    targets.push(...targetsOf(part, measured))
  }
  publish({ bench: 'generations', title: 'Every request a run of its own', tables, targets }, values)
}

/** Most peers take their time: they are asked for a quarter of the runs, each of which costs the same, and once. */
function runsOf({ runs, atOnce }, { peer }) {
  return peer ? Math.max(atOnce, runs / 4) : runs
}

function chosen(part, { only }, rounds) {
  const entries = Object.entries(CONTENDERS).filter(([name], index) =>
    index === 0 || (only.some((one) => name.includes(one)) && isIn(part, name)))
  return Object.fromEntries(entries.map(([name, contender]) => [name, { ...contender, rounds: contender.peer ? 1 : rounds }]))
}

/** The peers are there for what a token costs them: most could not keep the pace of the other parts. Growth is asked of the library, whatever its store. */
function isIn(part, name) {
  return part === 'growth' ? name === 'millrace, memory' : part === 'unpaced' || !CONTENDERS[name].peer
}

function notesOf(samples) {
  const busy = Object.keys(samples).filter((name) => samples[name].some((sample) => sample['load cores'] > BUSY))
  return busy.length === 0 ? [] : [`The load generator was busy (${busy.join(', ')}): it may be what was measured.`]
}
