// The library as its users have it: handlers that yield as fast as they are taken; a batch is what piled up.
import { anyone, createMillrace, defineRun } from 'millrace'
import { storeOf } from '../lib/stores.mjs'
import { contend, entries, kept, runs } from './contender.mjs'

const tokens = defineRun({
  async *run() {
    for (let left = entries / runs; left > 0; left -= 1) yield ' of an answer, or thereabout'
  },
})
const app = createMillrace({ store: storeOf(kept), runs: { tokens }, authenticate: anyone })
contend(() => Promise.all(Array.from({ length: runs }, async () => {
  const run = await app.start('tokens', null, { principal: 'anyone' })
  await run.result
})))
