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
export const { runs, entries, batch, kept, isJoined } = JSON.parse(process.argv[2])

const TEXT = ' of an answer, or thereabout'
const LINE = JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text: TEXT })
const encoder = new TextEncoder()
/** The same bytes for all: as many entries as go in one write. */
export const BYTES = encoder.encode(Array.from({ length: batch }, () => LINE).join('\n'))

/** The same entries in the form of a producer: one line with the length of each text beside it. */
export function joinedFrom(first) {
  const bytes = encoder.encode(JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text: TEXTS, first }))
  return { bytes, parts: PARTS }
}
const TEXTS = TEXT.repeat(batch)
/** Varints of a byte each. */
const PARTS = Uint8Array.from([batch, ...Array.from({ length: batch }, () => TEXT.length)])

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
