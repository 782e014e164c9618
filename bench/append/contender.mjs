import { startMeter } from '../lib/meter.mjs'

/**
 * What every contender does around its work: says that it is ready, does it when told to, and says
 * what it used.
 * @param {() => Promise<unknown>} work
 * @param {() => number} commits how often it has written so far, where that is not asked of a server
 */
export function contend(work, commits = () => 0) {
  process.on('message', async () => {
    const before = commits()
    const stop = startMeter()
    await work()
    process.send({ ...stop(), commits: commits() - before })
  })
  process.on('disconnect', () => process.exit())
  process.send('ready')
}

/** What the bench says the work is. */
export const { runs, entries, batch, kept } = JSON.parse(process.argv[2])

const LINE = JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text: ' of an answer, or thereabout' })
/** The same bytes for all: as many entries as go in one write. */
export const BYTES = new TextEncoder().encode(Array.from({ length: batch }, () => LINE).join('\n'))

/**
 * So many runs side by side, each with one write in flight.
 * @param {(run: number) => Promise<(index: number) => Promise<unknown>>} open gives how a run writes its batch of that index
 */
export async function drive(open) {
  const writers = await Promise.all(Array.from({ length: runs }, (_, run) => open(run)))
  return () => Promise.all(writers.map(async (write) => {
    for (let index = 0; index < entries / runs / batch; index += 1) await write(index)
  }))
}
