import { parseArgs } from 'node:util'
import { Child } from '../lib/child.mjs'
import { median, table } from '../lib/table.mjs'

/** The first is the limit that the others are measured against. */
const CONTENDERS = { 'raw res.write': 'raw.mjs', 'millrace (memory, serve)': 'millrace.mjs' }
/** Above this the readers themselves could be what is measured. */
const BUSY = 0.9

/** One logged run to many readers, against `res.write` of a ready buffer. */
export async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      readers: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '5' },
      events: { type: 'string' },
      quick: { type: 'boolean', default: false },
      // A folder for the servers' CPU profiles; writing them costs, so such figures are no figures.
      profile: { type: 'string' },
    },
  })
  const readers = Number(values.readers)
  const events = Number(values.events ?? (values.quick ? 300 : 1000))
  const rounds = Number(values.rounds)
  const results = Object.fromEntries(Object.keys(CONTENDERS).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    // Interleaved, and in turns: what else the machine does falls on all alike.
    const names = Object.keys(CONTENDERS)
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(await measure(CONTENDERS[name], { readers, events, profile: values.profile }))
  }
  report(results, { readers, events, rounds })
}

async function measure(file, { readers, events, profile }) {
  const execArgv = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const server = new Child(new URL(file, import.meta.url), [String(events)], execArgv)
  try {
    const { url, greeting } = await server.answer()
    const load = new Child(new URL('load.mjs', import.meta.url), [JSON.stringify({ url, readers, greeting, events })])
    try {
      await load.answer()
      server.tell('go')
      const received = await load.answer()
      if (!received.exact) throw new Error(`Readers of ${file} got another number of events than was sent.`)
      server.tell('stop')
      return { server: await server.answer(), load: received }
    } finally {
      await load.end()
    }
  } finally {
    await server.end()
  }
}

function report(results, { readers, events, rounds }) {
  const million = (readers * events) / 1e6
  const [limit] = Object.values(results)
  const rows = Object.entries(results).map(([contender, runs]) => {
    const of = (value) => median(runs.map(value))
    const ratios = runs.map((run, round) => run.server.cpuSeconds / limit[round].server.cpuSeconds)
    return {
      contender,
      'CPU-s/M deliveries': (of((run) => run.server.cpuSeconds) / million).toFixed(2),
      'x limit': median(ratios).toFixed(2),
      'min..max': `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`,
      'k deliveries/s': (of((run) => million / run.server.seconds) * 1000).toFixed(0),
      'B/event': of((run) => run.load.bytes / readers / events).toFixed(0),
      'server cores': of((run) => run.server.cores).toFixed(2),
      'readers cores': of((run) => run.load.cores).toFixed(2),
    }
  })
  console.log(`Fan-out: ${readers} readers, ${events} events, one an event-loop turn; medians of ${rounds} rounds.\n\n${table(rows)}`)
  if (rows.some((row) => Number(row['readers cores']) > BUSY)) console.log('\nThe readers were busy: they may be what was measured.')
}
