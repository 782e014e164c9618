import { Child } from '../lib/child.mjs'
import { optionsOf } from '../lib/options.mjs'
import { publish } from '../lib/publish.mjs'
import { compare, interleave, typical } from '../lib/rounds.mjs'

const CONTENDERS = { 'raw res.write': 'raw', 'millrace, memory': 'millrace', 'millrace, Web bodies': 'web' }
/**
 * The room for new objects grows to 48 MB with the garbage of requests, and never with who stays: among 1,000 readers that
 * alone is ± 15 KB each. Kept small for all alike, what is left is what readers hold.
 */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1']
/** KB beyond raw. */
const MOST = { 'millrace, memory': 4, 'millrace, Web bodies': 16 }
const FULL = { rounds: 3, readers: [1000, 5000], runs: 10_000 }
const QUICK = { rounds: 1, readers: [1000], runs: 2_000 }

/** What an idle reader keeps resident, and whether the heap stays flat while runs come and go. */
export async function main(args) {
  const values = optionsOf(args)
  const form = values.quick ? QUICK : FULL
  const rounds = Number(values.rounds ?? form.rounds)
  const idle = []
  for (const readers of form.readers) idle.push({ readers, samples: await interleave(CONTENDERS, rounds, (name) => idleOf(CONTENDERS[name], readers)) })
  const growth = await growthOf(form.runs)
  publish({
    bench: 'memory',
    title: 'Memory',
    tables: [
      ...idle.map(({ readers, samples }) => ({ name: `idle-${readers}`, title: `${readers} idle readers`, rows: compare(samples) })),
      { name: 'runs', title: 'Heap after runs came and went', rows: growth },
    ],
    targets: idle.flatMap(({ readers, samples }) => Object.entries(MOST).map(([name, atMost]) => ({
      what: `${readers} idle readers, ${name}: resident beyond raw, each`, atMost, unit: ' KB',
      value: typical(samples, name, 'KB resident a reader') - typical(samples, 'raw res.write', 'KB resident a reader'),
    }))),
  }, values)
}

async function idleOf(form, readers) {
  return withServer(form, async (server, url) => {
    // A first wave brings in all code and the heap's own room, so that what is left is what one more reader costs.
    const warm = await loaded(url, 1000)
    const before = await sizesOf(server)
    const load = await loaded(url, readers)
    const after = await sizesOf(server)
    await Promise.all([warm.end(), load.end()])
    const each = (figure) => (after[figure] - before[figure]) / readers / 1024
    return { 'KB resident a reader': each('rss'), 'KB heap a reader': each('heapUsed') }
  })
}

/** @returns a row for each tenth of the runs */
async function growthOf(runs) {
  return withServer('millrace', async (server) => {
    const rows = []
    for (let tenth = 1; tenth <= 10; tenth += 1) {
      const { heapUsed, rss } = await sizesOf(server, runs / 10)
      rows.push({ runs: (runs / 10) * tenth, 'heap MB': heapUsed / 2 ** 20, 'resident MB': rss / 2 ** 20 })
    }
    return rows
  })
}

async function withServer(form, work) {
  const server = new Child(new URL('server.mjs', import.meta.url), [form], { execArgv: FLAGS })
  try {
    const { url } = await server.answer()
    return await work(server, url)
  } finally {
    await server.end()
  }
}

async function loaded(url, readers) {
  const load = new Child(new URL('load.mjs', import.meta.url), [JSON.stringify({ url, readers })])
  await load.answer()
  return load
}

function sizesOf(server, runs = 0) {
  server.tell({ runs })
  return server.answer()
}
