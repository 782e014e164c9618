import { measure } from '../fanout/measure.mjs'
import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { compare, interleave, ratio } from '../lib/rounds.mjs'

const UNDER_HONO = 'millrace in hono, @hono/node-server'
const BRIDGED = 'millrace in hono, our bridge'
const CONTENDERS = {
  'raw res.write': { file: 'raw.mjs' },
  [BRIDGED]: { file: 'millrace.mjs', args: ['memory', 'hono-bridged'] },
  [UNDER_HONO]: { file: 'millrace.mjs', args: ['memory', 'hono-server'] },
  'hono streamSSE, @hono/node-server': { file: 'hono.mjs', peer: true },
  'TanStack AI, @hono/node-server': { file: 'tanstack.mjs', peer: true },
}

const FULL = { rounds: 5, peerRounds: 3, burst: 400_000, peerBurst: 100_000 }
const QUICK = { rounds: 3, peerRounds: 1, burst: 150_000, peerBurst: 40_000 }

/** The readers of one run as Web-standard bodies: what an app pays that is not on our own server. */
export async function main(args) {
  const values = optionsOf(args, { readers: { type: 'string', default: '1000' }, profile: { type: 'string' } })
  const { peerRounds, burst, peerBurst, ...form } = values.quick ? QUICK : FULL
  const rounds = Number(values.rounds ?? form.rounds)
  const readers = Number(values.readers)
  const contenders = Object.fromEntries(Object.entries(CONTENDERS).map(([name, { file, args, peer = false }]) =>
    [name, { file: new URL(`../fanout/${file}`, import.meta.url), args, peer, rounds: peer ? Math.min(peerRounds, rounds) : rounds }]))
  const samples = await interleave(contenders, rounds, (name) =>
    measure(contenders[name], { readers, deliveries: contenders[name].peer ? peerBurst : burst, profile: values.profile }))
  publish({
    bench: 'web',
    title: 'Web-standard bodies',
    tables: [{ name: `${readers}`, title: `${readers} readers through a hono app, one event an event-loop turn`, rows: compare(samples), bars: '× limit' }],
    targets: [
      { what: `${readers} Web bodies under @hono/node-server: CPU a delivery × raw`, value: ratio(samples, UNDER_HONO, 'CPU-s/M deliveries'), atMost: 1.6 },
      { what: `${readers} readers of a hono app through our own bridge: × raw`, value: ratio(samples, BRIDGED, 'CPU-s/M deliveries'), atMost: 0.85 },
    ],
  }, values)
}
