// One contender in a process of its own: warms it up, then counts the CPU of several passes over the same bytes.
import { startMeter } from '../lib/meter.mjs'
import { median } from '../lib/table.mjs'
import { CONTENDERS } from './contenders.mjs'
import { longLineOf, runOf } from './wire.mjs'

/** CPU-seconds of reading before anything is measured: until then the compiler is what one would see. */
const WARM = 1

const { contender, chunk, bytes, passes, oneLine } = JSON.parse(process.argv[2])
const { read, wire = (whole) => whole } = CONTENDERS[contender]

async function pass(run) {
  const whole = wire(run.bytes)
  const stop = startMeter()
  const events = await read(whole, chunk)
  const { cpuSeconds } = stop()
  return { exact: events === run.events, cpuSeconds, events }
}

for (let spent = 0; spent < WARM; ) spent += (await pass(runOf(1e6))).cpuSeconds
const run = oneLine ? longLineOf(bytes) : runOf(bytes)
const results = []
// No gc() between them: with the last entry it takes the shape of entries, and with that the optimised code.
for (let nth = 0; nth < passes; nth += 1) {
  results.push(await pass(run))
}
process.send({
  exact: results.every(({ exact }) => exact),
  cpuSeconds: median(results.map(({ cpuSeconds }) => cpuSeconds)),
  bytes: run.bytes.length,
  events: run.events,
  found: results[0].events,
})
