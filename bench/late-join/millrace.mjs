// The library as its users have it: a run of which every token was a commit of its own, read after its end or while it goes on.
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { anyone, createMillrace, defineRun } from 'millrace'
import { serve } from 'millrace/node'
import { storeOf } from '../lib/stores.mjs'
import { tokensOf } from './answer.mjs'
import { contend } from './contender.mjs'

/** Of a running log so many entries may be unsealed: two pages, less than a second's worth. */
const UNSEALED = 2_000

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
for (;;) {
  const { tail, sealedTo } = await store.find(id)
  const said = tail > Number(tokens)
  if (said && tail - sealedTo < (state === 'running' ? UNSEALED : 1)) break
  await pause(20)
}
contend(`${url}/runs/${id}`)
