// The library as its users have it: a run in the memory store, read through `serve()`.
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { serve } from 'millrace/node'
import { contend } from './contender.mjs'
import { TOKEN } from './token.mjs'

const events = Number(process.argv[2])
const start = new EventTarget()

const tokens = defineRun({
  async *run() {
    yield TOKEN
    await once(start, 'go')
    for (let left = events; left > 0; left -= 1) {
      yield TOKEN
      await turn()
    }
    // The end is no part of the burst.
    await once(start, 'never')
  },
})

const app = createMillrace({ store: memory(), runs: { tokens }, authenticate: anyone })
const { url } = await serve(app, { port: 0 })
const { id } = await app.start('tokens', null, { principal: 'anyone' })
// `start`, `block_start` and the first token.
contend({ url: `${url}/runs/${id}`, greeting: 3, burst: () => start.dispatchEvent(new Event('go')) })
