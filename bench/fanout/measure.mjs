import { Child } from '../lib/child.mjs'

/** Above this the readers themselves could be what is measured. */
export const BUSY = 0.9
/** Deliveries before any is measured: enough for the compiler to have seen the path. */
const WARM = 60_000

/**
 * One contender in a fresh process, its readers in another.
 * @param {{ file: URL, args?: readonly string[] }} contender
 * @param {{ readers: number, deliveries: number, rate?: number, profile?: string }} load `rate`: events a second, else as fast as the loop turns
 * @returns {Promise<Record<string, number>>}
 */
export async function measure({ file, args = [] }, { readers, deliveries, rate, profile }) {
  const server = new Child(file, args, { profile })
  try {
    const { url } = await server.answer()
    const load = new Child(new URL('load.mjs', import.meta.url), [JSON.stringify({ url, readers })])
    try {
      await load.answer()
      await phase(server, load, { events: Math.ceil(WARM / readers) })
      const events = Math.ceil(deliveries / readers)
      const { used, received } = await phase(server, load, { events, rate })
      if (!received.exact) throw new Error(`Readers of ${file.pathname} got another number of events than was sent.`)
      return figures({ used, received, deliveries: events * readers, latency: rate && (await latencyOf(load, used)) })
    } finally {
      await load.end()
    }
  } finally {
    await server.end()
  }
}

async function phase(server, load, order) {
  load.tell(order)
  await load.answer()
  server.tell(order)
  const received = await load.answer()
  server.tell('stop')
  return { used: await server.answer(), received }
}

function latencyOf(load, { sentAt }) {
  load.tell({ sentAt })
  return load.answer()
}

function figures({ used, received, deliveries, latency }) {
  const speed = latency ? { 'p50 ms': latency.p50, 'p99 ms': latency.p99 } : { 'k deliveries/s': deliveries / used.seconds / 1000 }
  return {
    'CPU-s/M deliveries': (used.cpuSeconds / deliveries) * 1e6,
    ...speed,
    'B/event': Math.round(received.bytes / deliveries),
    'server cores': used.cores,
    'readers cores': received.cores,
  }
}
