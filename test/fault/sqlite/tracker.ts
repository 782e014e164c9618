/**
 * A process that works on a run which lives on signals: `tracker.mjs FILE [start]`. It says the
 * run's id where it started one, and then waits to be killed.
 */
import { writeSync } from 'node:fs'
import { anyone, createMillrace, defineRun } from '../../../packages/millrace/src/index.ts'
import { sqlite } from '../../../packages/millrace/src/store/sqlite/index.ts'

const [, , file = '', start] = process.argv

const tracker = defineRun({
  recover: 'resume',
  attempts: 1_000,
  signals: { step: Number, done: (value: unknown) => value },
  async *run({ signals, resumed, checkpoint }) {
    let sum = (resumed?.checkpoint?.data ?? 0) as number
    for await (const { type, data } of signals) {
      if (type === 'done') return sum
      sum += data
      yield { type: 'step', n: data }
      yield { type: 'sum', sum }
      checkpoint(sum)
    }
  },
})
const app = createMillrace({ store: sqlite(file), runs: { tracker }, authenticate: anyone, lease: 300 })

if (start !== undefined) writeSync(1, `${(await app.start('tracker', null, { principal: 'ada' })).id}\n`)
// A lease is renewed by a timer that keeps no process alive.
setInterval(() => undefined, 1_000)
