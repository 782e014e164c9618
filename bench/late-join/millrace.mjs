// The library as its users have it: a run of which every token was a commit of its own, read after its end or while it goes on.
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { anyone, createMillrace, defineRun } from 'millrace'
import { serve } from 'millrace/node'
import { storeOf } from '../lib/stores.mjs'
import { tokensOf } from './answer.mjs'
import { contend } from './contender.mjs'

/** Of a running log so many entries are unsealed as a rule: two pages, less than a second's worth. */
const UNSEALED = 2_000
/** In ms: a log that was not packed for so long stays as it is. Growth is looked at once a second, and large rows leave more unsealed. */
const REST = 3_000

const [kept, state, tokens] = process.argv.slice(2)
const answer = defineRun({
  async *run() {
    for (const text of tokensOf(Number(tokens))) {
      yield text
      await turn()
    }
    if (state === 'running') await new Promise(() => {})
  },
})
const store = storeOf(kept)
const app = createMillrace({ store, runs: { answer }, authenticate: anyone })
const { url } = await serve(app, { port: 0 })
const { id } = await app.start('answer', null, { principal: 'anyone' })
let [seen, since] = ['', 0]
for (;;) {
  const { tail, sealedTo } = await store.find(id)
  if (seen !== `${tail} ${sealedTo}`) [seen, since] = [`${tail} ${sealedTo}`, performance.now()]
  const said = tail > Number(tokens)
  if (said && state === 'ended' && tail === sealedTo) break
  if (said && state === 'running' && (tail - sealedTo < UNSEALED || performance.now() - since > REST)) break
  await pause(20)
}
contend(`${url}/runs/${id}`)
