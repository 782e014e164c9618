import { parseArgs } from 'node:util'
import { Child } from '../lib/child.mjs'
import { median, table } from '../lib/table.mjs'
import { PARTS } from './parts.mjs'

/** Each a server in a file of its own, and what it is told. The first is the limit that the others are measured against. */
const CONTENDERS = {
  'raw res.write': ['raw.mjs'],
  'raw, one write a turn': ['raw-coalesced.mjs'],
  'millrace, memory': ['millrace.mjs', 'memory'],
  'millrace, SQLite NORMAL': ['millrace.mjs', 'process'],
  'millrace, SQLite FULL': ['millrace.mjs', 'power'],
}
/** Above this the load generator itself could be what is measured. */
const BUSY = 0.9

/** Every request its own generation, read by the one who asked for it: against plain streams without a log. */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      part: { type: 'string', multiple: true, default: ['unpaced', 'paced', 'first'] },
      only: { type: 'string', multiple: true, default: Object.keys(CONTENDERS) },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      // A folder for the servers' CPU profiles; writing them costs, so such figures are no figures.
      profile: { type: 'string' },
    },
  })
  const names = Object.keys(CONTENDERS).filter((name, index) => index === 0 || values.only.some((one) => name.includes(one)))
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5))
  for (const part of values.part) {
    if (!Object.hasOwn(PARTS, part)) throw new Error(`There is no part ${part}. There are: ${Object.keys(PARTS).join(', ')}.`)
    for (const work of PARTS[part](values.quick)) report(work, await compare(names, { ...work, rounds, profile: values.profile }), rounds)
  }
}

/** Interleaved, and in turns: what else the machine does falls on all alike. */
async function compare(names, work) {
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < work.rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(await measure(CONTENDERS[name], work))
  }
  return results
}

async function measure([file, ...args], { profile, ...work }) {
  const execArgv = ['--expose-gc', ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])]
  const server = new Child(new URL(file, import.meta.url), args, execArgv)
  try {
    const { url } = await server.answer()
    const load = new Child(new URL('load.mjs', import.meta.url), [JSON.stringify({ url, ...work })])
    try {
      await load.answer()
      server.tell('go')
      load.tell('go')
      const received = await load.answer()
      server.tell('stop')
      return { server: await server.answer(), load: received }
    } finally {
      await load.end()
    }
  } finally {
    await server.end()
  }
}

function report({ title, runs, tokens }, results, rounds) {
  const total = runs * tokens
  const [limit] = Object.values(results)
  const rows = Object.entries(results).map(([contender, measured]) => {
    const of = (value) => median(measured.map(value))
    const ratios = measured.map((one, round) => one.server.cpuSeconds / limit[round].server.cpuSeconds)
    return {
      contender,
      'CPU-s/M tokens': ((of((one) => one.server.cpuSeconds) / total) * 1e6).toFixed(2),
      'x limit': median(ratios).toFixed(2),
      'min..max': `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`,
      'k tokens/s': (of((one) => total / one.load.seconds) / 1000).toFixed(1),
      'p50 ms': of((one) => one.load.p50).toFixed(2),
      'p99 ms': of((one) => one.load.p99).toFixed(1),
      'B/token': of((one) => one.load.bytes / total).toFixed(0),
      'heap MB': of((one) => one.server.heap / 1e6).toFixed(1),
      'server cores': of((one) => one.server.cores).toFixed(2),
      'load cores': of((one) => one.load.cores).toFixed(2),
    }
  })
  console.log(`\nGenerations, ${title}; medians of ${rounds} rounds.\n\n${table(rows)}`)
  if (rows.some((row) => Number(row['load cores']) > BUSY)) console.log('\nThe load generator was busy: it may be what was measured.')
}
