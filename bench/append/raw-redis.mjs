// The limit of Redis: one XADD an entry, without a fence, a wake-up or a retry that is recognised.
import { createClient } from 'redis'
import { BYTES, batch, contend, drive } from './contender.mjs'

// A time-out for each command is most of what it costs: the store goes without too.
const client = createClient({ url: `redis://127.0.0.1:${process.env.MILLRACE_BENCH_REDIS}`, commandOptions: { timeout: 0 } })
await client.connect()
const entry = new TextDecoder().decode(BYTES).split('\n', 1)[0]
contend(await drive(async (run) => () =>
  Promise.all(Array.from({ length: batch }, () => client.sendCommand(['XADD', `raw:${run}`, '*', 'entry', entry])))))
