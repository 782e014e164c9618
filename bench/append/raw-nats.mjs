// The limit of NATS: one message an entry into a stream, without a fence, a wake-up or a retry that is recognised.
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { BYTES, batch, contend, drive } from './contender.mjs'

// A stack for every request, in case that one fails, is half of what it costs: the store goes without too.
const connection = await connect({ servers: process.env.MILLRACE_BENCH_NATS, noAsyncTraces: true })
const js = jetstream(connection)
const entry = new TextEncoder().encode(new TextDecoder().decode(BYTES).split('\n', 1)[0])
contend(await drive(async (run) => () =>
  Promise.all(Array.from({ length: batch }, () => js.publish(`raw.${run}`, entry)))))
