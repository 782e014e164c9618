import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { compare, interleave, ratio, spread, typical } from '../lib/rounds.mjs'
import { BUSY, measure } from './measure.mjs'

const OURS = 'millrace, memory'
const CONTENDERS = {
  'raw res.write': { file: 'raw.mjs' },
  'raw socket, no log': { file: 'socket.mjs' },
  [OURS]: { file: 'millrace.mjs', args: ['memory', 'serve'] },
  'millrace, SQLite': { file: 'millrace.mjs', args: ['sqlite', 'serve'] },
  'millrace in a hono app': { file: 'millrace.mjs', args: ['memory', 'hono-bridged'] },
  express: { file: 'express.mjs', peer: true },
  'better-sse': { file: 'better-sse.mjs', peer: true },
  'hono streamSSE': { file: 'hono.mjs', peer: true },
  'h3 EventStream': { file: 'h3.mjs', peer: true },
  'TanStack AI': { file: 'tanstack.mjs', peer: true },
  'AI SDK 7 (pipe)': { file: 'ai.mjs', peer: true },
  'durable-streams, memory': { file: 'durable-streams.mjs', peer: true },
}

/** Deliveries measured. A peer needs up to ten times the time for each, so it gets fewer. */
const FULL = { rounds: 5, peerRounds: 3, burst: 400_000, peerBurst: 100_000, paced: 5, readers: [100, 1000, 5000, 10_000] }
const QUICK = { rounds: 3, peerRounds: 1, burst: 100_000, peerBurst: 30_000, paced: 1, readers: [1000] }
/** Paced deliveries a second over all readers: about a third of what raw can do; and the most events a second. */
const PACED_RATE = 10_000
const MAX_RATE = 50

/** One logged run to many readers, against `res.write` of a ready buffer. */
export async function main(args) {
  const values = optionsOf(args, {
    // Numbers of readers, with commas.
    readers: { type: 'string' },
    // Only the contenders whose name has this in it, beside the limit.
    only: { type: 'string', default: '' },
    // A folder for the servers' CPU profiles; writing them costs, so such figures are no figures.
    profile: { type: 'string' },
  })
  const form = values.quick ? QUICK : FULL
  const sizes = values.readers?.split(',').map(Number) ?? form.readers
  const plan = { ...form, rounds: Number(values.rounds ?? form.rounds), profile: values.profile }
  const contenders = chosen(plan, values.only)
  const found = []
  for (const readers of sizes) found.push({ readers, burst: await burst(contenders, plan, readers), paced: await paced(contenders, plan, readers) })
  const tables = found.flatMap(tablesOf)
  publish({ bench: 'fanout', title: 'One run, many readers', tables, plots: growth(found), targets: found.flatMap(targetsOf).concat(flat(found)) }, values)
}

function chosen({ rounds, peerRounds }, only) {
  const entries = Object.entries(CONTENDERS).filter(([name], index) => index === 0 || name.includes(only))
  return Object.fromEntries(entries.map(([name, { file, args, peer = false }]) =>
    [name, { file: new URL(file, import.meta.url), args, peer, rounds: peer ? Math.min(peerRounds, rounds) : rounds }]))
}

function burst(contenders, { rounds, burst, peerBurst, profile }, readers) {
  return interleave(contenders, rounds, (name) =>
    measure(contenders[name], { readers, deliveries: contenders[name].peer ? peerBurst : burst, profile }))
}

function paced(contenders, { rounds, paced, profile }, readers) {
  const rate = Math.min(MAX_RATE, PACED_RATE / readers)
  const steady = Object.fromEntries(Object.entries(contenders).filter(([, { peer }]) => !peer))
  return interleave(steady, rounds, (name) => measure(contenders[name], { readers, deliveries: rate * readers * paced, rate, profile }))
}

function tablesOf({ readers, burst, paced }) {
  return [
    { name: `${readers}`, title: `${readers} readers, one event an event-loop turn`, rows: compare(burst), bars: '× limit', notes: notesOf(burst) },
    { name: `${readers}-paced`, title: `${readers} readers, ${Math.min(MAX_RATE, PACED_RATE / readers)} events a second`, rows: compare(paced) },
  ]
}

function notesOf(samples) {
  const busy = Object.keys(samples).filter((name) => samples[name].some((sample) => sample['readers cores'] > BUSY))
  return busy.length === 0 ? [] : [`The readers were busy (${busy.join(', ')}): they may be what was measured.`]
}

function targetsOf({ readers, burst, paced }) {
  if (!(OURS in burst)) return []
  const [limit] = Object.keys(paced)
  // A tail varies more from round to round than it differs: of each the typical one, then the ratio.
  const p99 = typical(paced, OURS, 'p99 ms') / typical(paced, limit, 'p99 ms')
  return [
    { what: `${readers} SSE readers: CPU a delivery × raw`, value: ratio(burst, OURS, 'CPU-s/M deliveries'), atMost: 0.8 },
    { what: `${readers} SSE readers: p99 × raw`, value: p99, atMost: 1.1 },
  ]
}

/** How far the ratio moves from the fewest readers to the most. */
function flat(found) {
  if (found.length < 2 || !(OURS in found[0].burst)) return []
  const value = spread(found.map(({ burst }) => ratio(burst, OURS, 'CPU-s/M deliveries')))
  return [{ what: `growth from ${found[0].readers} to ${found.at(-1).readers} readers: the ratio stays within ±`, value, atMost: 15, unit: ' %' }]
}

function growth(found) {
  if (found.length < 2) return []
  const lines = Object.fromEntries(Object.keys(found[0].burst).map((name) => [name, found.map(({ readers, burst }) => [readers, ratio(burst, name, 'CPU-s/M deliveries')])]))
  return [{ name: 'growth', title: 'CPU a delivery × raw res.write, by readers', x: 'readers', y: '× raw', lines }]
}
