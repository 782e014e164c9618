import { anthropic, anyone, createMillrace, defineRun } from 'millrace'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

const answer = defineRun({
  async *run() {
    yield 'Hello '
    yield 'there!'
  },
})
const millrace = createMillrace({
  store: sqlite(process.env.LOG ?? 'log.db'),
  runs: { answer },
  authenticate: anyone,
  routes: { '/chat/stream': { kind: 'answer', dialect: anthropic, input: (body) => body } },
})
const { url } = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
console.log(`The chat is ready at ${url}`)
