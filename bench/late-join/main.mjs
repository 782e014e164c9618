import { Child } from '../lib/child.mjs'
import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { compare, interleave, typical } from '../lib/rounds.mjs'
import { startNats } from '../lib/nats.mjs'
import { startPostgres } from '../lib/postgres.mjs'
import { startRedis } from '../lib/redis.mjs'
import { tokensOf } from './answer.mjs'

const ACCEPTS = { SSE: 'text/event-stream', NDJSON: 'application/x-ndjson', text: 'text/plain' }
const FULL = { rounds: 5, joins: 60 }
const QUICK = { rounds: 1, joins: 30 }
/** So many joins before any is measured. */
const WARM = 15
/** What a store may take, in ms. */
const AT_MOST = { memory: 3, sqlite: 3, 'sqlite-full': 3, redis: 3, postgres: 6, nats: 6 }
/** Stores that are servers. */
const ENGINES = { redis: startRedis, postgres: startPostgres, nats: startNats }

/** Somebody opens a finished or a running answer late: how long until all of it is there, and in how many bytes. */
export async function main(args) {
  const values = optionsOf(args, {
    // Names of stores, with commas.
    store: { type: 'string', default: 'memory,sqlite,redis,postgres,nats' },
    tokens: { type: 'string', default: '10000' },
    // A folder for the servers' CPU profiles; writing them costs, so such figures are no figures.
    profile: { type: 'string' },
  })
  const tokens = Number(values.tokens)
  const form = values.quick ? QUICK : FULL
  const servers = await startAll(values.store.split(','))
  try {
    const stores = values.store.split(',').filter((store) => servers[store] !== null)
    const plan = { ...form, rounds: Number(values.rounds ?? form.rounds), tokens, profile: values.profile }
    const ended = await race(endedOnes(stores, tokens), plan)
    const running = await race(runningOnes(stores, tokens, servers.redis?.port), plan)
    const size = tokensOf(tokens).join('').length
    publish({
      bench: 'late-join',
      title: 'Late to the answer',
      tables: [
        { name: 'ended', title: `A finished answer of ${tokens} tokens (${size} bytes of text), to its last byte`, rows: compare(ended), bars: 'ms to the last byte' },
        { name: 'running', title: `A running answer of ${tokens} tokens so far, to the last of them`, rows: compare(running), bars: 'ms to the last byte' },
      ],
      targets: stores.flatMap((store) => targetsOf(store, ended)),
    }, values)
  } finally {
    for (const server of Object.values(servers)) await server?.stop()
  }
}

/** Those that are asked for, and the Redis of a peer; `null` for one that is not on this machine. */
async function startAll(stores) {
  const servers = {}
  for (const [name, start] of Object.entries(ENGINES)) {
    if (name !== 'redis' && !stores.includes(name)) continue
    servers[name] = await start()
    if (servers[name] === null) console.log(`There is no ${name} on this machine.`)
  }
  return servers
}

const ready = (tokens) => ({
  'ready buffer of the text': { file: 'ready.mjs', args: ['text', tokens], accept: ACCEPTS.text, ends: true },
  'ready buffer, a frame a token': { file: 'ready.mjs', args: ['frames', tokens], accept: ACCEPTS.SSE, ends: true },
})

function endedOnes(stores, tokens) {
  const ours = stores.flatMap((store) => Object.entries(ACCEPTS).map(([name, accept]) =>
    [`millrace, ${store}, ${name}`, { file: 'millrace.mjs', args: [store, 'ended', tokens], accept, ends: true }]))
  return {
    ...ready(tokens),
    ...Object.fromEntries(ours),
    'durable-streams, memory': { file: 'durable-streams.mjs', args: ['ended', tokens], accept: '*/*', ends: true },
  }
}

function runningOnes(stores, tokens, redisPort) {
  const ours = stores.map((store) => [`millrace, ${store}, SSE`, { file: 'millrace.mjs', args: [store, 'running', tokens], accept: ACCEPTS.SSE, ends: false }])
  const resumable = { 'resumable-stream, Redis': { file: 'resumable-stream.mjs', args: [redisPort, tokens], accept: ACCEPTS.SSE, ends: false } }
  return {
    ...ready(tokens),
    ...Object.fromEntries(ours),
    'durable-streams, memory': { file: 'durable-streams.mjs', args: ['running', tokens], accept: ACCEPTS.SSE, ends: false },
    ...(redisPort === undefined ? {} : resumable),
  }
}

function race(contenders, plan) {
  return interleave(contenders, plan.rounds, (name) => measure(contenders[name], plan))
}

async function measure({ file, args, accept, ends }, { joins, tokens, profile }) {
  const server = new Child(new URL(file, import.meta.url), args.map(String), { profile })
  try {
    const { url } = await server.answer()
    await joined(url, { accept, ends, joins: WARM })
    server.tell('reset')
    await server.answer()
    const { ms, p90, bytes } = await joined(url, { accept, ends, joins })
    server.tell('stop')
    const { cpuSeconds } = await server.answer()
    const size = tokensOf(tokens).join('').length
    return { 'ms to the last byte': ms, 'p90 ms': p90, 'CPU-ms a join': (cpuSeconds / joins) * 1000, 'wire × text': bytes / size }
  } finally {
    await server.end()
  }
}

async function joined(url, how) {
  const load = new Child(new URL('load.mjs', import.meta.url), [JSON.stringify({ url, ...how })])
  try {
    await load.answer()
    load.tell('go')
    return await load.answer()
  } finally {
    await load.end()
  }
}

function targetsOf(store, samples) {
  return Object.keys(ACCEPTS).flatMap((name) => {
    const contender = `millrace, ${store}, ${name}`
    return [
      { what: `${contender}: to the last byte`, value: typical(samples, contender, 'ms to the last byte'), atMost: AT_MOST[store], unit: ' ms' },
      { what: `${contender}: wire × text`, value: typical(samples, contender, 'wire × text'), atMost: 1.3 },
    ]
  })
}
