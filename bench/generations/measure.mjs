import { Child } from '../lib/child.mjs'

/** Above this the load generator itself could be what is measured. */
export const BUSY = 0.9
/** In ms: ended runs go before a bench has made more of them than a process should keep in memory. */
const RETENTION = 60_000

/**
 * One contender in a fresh process, who asks and reads in another.
 * @param {{ retention?: number }} work what is asked; `retention`: in ms, for who keeps ended runs
 * @returns {Promise<Record<string, number>>}
 */
export async function measure({ file, args = [] }, { profile, retention = RETENTION, ...work }) {
  const server = new Child(new URL(file, import.meta.url), [...args, String(retention)], { execArgv: ['--expose-gc'], profile })
  try {
    const { url } = await server.answer()
    const load = new Child(new URL('load.mjs', import.meta.url), [JSON.stringify({ url, ...work })])
    try {
      await load.answer()
      server.tell('go')
      load.tell('go')
      const received = await load.answer()
      server.tell('stop')
      return figures(await server.answer(), received)
    } finally {
      await load.end()
    }
  } finally {
    await server.end()
  }
}

function figures(server, { total, ...load }) {
  return {
    'CPU-s/M tokens': (server.cpuSeconds / total) * 1e6,
    'k tokens/s': total / load.seconds / 1000,
    'p50 ms': load.p50,
    'p99 ms': load.p99,
    'B/token': Math.round(load.bytes / total),
    'heap MB': server.heap / 1e6,
    'server cores': server.cores,
    'load cores': load.cores,
  }
}
