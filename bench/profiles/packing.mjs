// Packing alone: `node [--cpu-prof] bench/profiles/packing.mjs`. Rows of a live run, one token each or as many as a turn gave, as segments.
import { createOutline } from '../../packages/millrace/dist/event/outline.js'
import { pack } from '../../packages/millrace/dist/run/seal.js'
import { startMeter } from '../lib/meter.mjs'

const ENTRIES = 10_000
const PASSES = 100
const WORDS = ['the ', 'mill ', 'grinds ', 'while ', 'water ', 'runs, ', 'and ', 'so ', 'it ', 'goes.\n']
const encoder = new TextEncoder()

/** @param {number} size entries a row */
function rowsOf(size) {
  const lineOf = (index) => JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text: WORDS[index % WORDS.length] })
  return Array.from({ length: ENTRIES / size }, (_, row) => {
    const lines = Array.from({ length: size }, (_, nth) => lineOf(row * size + nth))
    return { first: row * size + 1, last: (row + 1) * size, epoch: '00000000', bytes: encoder.encode(lines.join('\n')), parts: null, head: '' }
  })
}

for (const size of [1, 50]) {
  const rows = rowsOf(size)
  const packAll = (passes) => {
    for (let left = passes; left > 0; left -= 1) pack(rows, createOutline())
  }
  packAll(PASSES / 5)
  const stop = startMeter()
  packAll(PASSES)
  console.log(`rows of ${size}: ${((stop().cpuSeconds / PASSES / ENTRIES) * 1e6).toFixed(3)} CPU-µs an entry`)
}
