import { Child } from '../lib/child.mjs'
import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { compare, interleave, ratio } from '../lib/rounds.mjs'
import { median } from '../lib/table.mjs'
import { CONTENDERS } from './contenders.mjs'

const CHUNKS = [64, 1024, 16_384, 65_536]
const LINES = [250_000, 500_000, 1_000_000]
const BATCHES = 'millrace batches()'
const ENTRIES = 'millrace follow()'
/** Those that carry a string build it anew with every chunk: once is enough to see it. */
const ONE_LINE = ['limit', BATCHES, 'eventsource-parser 3', 'eventsource-parser 4', 'fetch-event-source']

/** What takes a few ms is asked more than once. */
const FEW = 7

const FULL = { rounds: 5, peerRounds: 3, bytes: 6e6, chunks: CHUNKS }
const QUICK = { rounds: 3, peerRounds: 1, bytes: 1e6, chunks: [64, 16_384] }

/** From the bytes of an answer to its entries, as a page reads them; all but the network. */
export async function main(args) {
  // A folder for the contenders' CPU profiles; writing them costs, so such figures are no figures.
  const values = optionsOf(args, { profile: { type: 'string' } })
  const { peerRounds, bytes, chunks, ...form } = values.quick ? QUICK : FULL
  const rounds = Number(values.rounds ?? form.rounds)
  const contenders = Object.fromEntries(Object.entries(CONTENDERS).map(([name, { peer = false }]) => [name, { rounds: peer ? Math.min(peerRounds, rounds) : rounds }]))
  const tables = []
  const targets = []
  for (const chunk of chunks) {
    const samples = await interleave(contenders, rounds, (name) => measure({ contender: name, chunk, bytes }, values.profile))
    tables.push({ name: `${chunk}`, title: `Chunks of ${chunk} B`, rows: compare(samples), bars: '× limit' })
    targets.push({ what: `arrays of entries, ${chunk} B chunks: MB/s × limit`, value: ratio(samples, BATCHES, 'MB a CPU-s'), atLeast: chunk >= 16_384 ? 0.9 : 0.8 })
    targets.push({ what: `entry by entry, ${chunk} B chunks: × limit`, value: ratio(samples, ENTRIES, 'MB a CPU-s'), atLeast: 0.85 })
  }
  const rows = await lines(values.quick ? ONE_LINE.slice(0, 2) : ONE_LINE)
  tables.push({ name: 'line', title: 'One line in 64 B chunks, CPU ms by its size', rows })
  const [, ours] = rows
  targets.push({ what: 'one line, 1 MB against 0.25 MB (linear: 4)', value: ours['1000 kB'] / ours['250 kB'], atMost: 5 })
  publish({ bench: 'parse', title: 'Bytes to entries', tables, targets }, values)
}

async function lines(names) {
  const rows = []
  for (const contender of names) {
    const row = { contender }
    for (const bytes of LINES) {
      const tries = []
      for (let left = contender === BATCHES ? FEW : 1; left > 0; left -= 1) tries.push((await asked({ contender, chunk: 64, bytes, oneLine: true, passes: 1 })).cpuSeconds * 1000)
      row[`${bytes / 1000} kB`] = median(tries)
    }
    rows.push(row)
  }
  return rows
}

async function measure(task, profile) {
  const { cpuSeconds, bytes, events } = await asked({ passes: 3, ...task }, profile)
  return { 'MB a CPU-s': bytes / 1e6 / cpuSeconds, 'CPU-µs an event': (cpuSeconds / events) * 1e6 }
}

async function asked(task, profile) {
  const execArgv = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = new Child(new URL('child.mjs', import.meta.url), [JSON.stringify(task)], { execArgv })
  try {
    const result = await child.answer()
    if (!result.exact) throw new Error(`${task.contender} found ${result.found} events of ${result.events}.`)
    return result
  } finally {
    await child.end()
  }
}
