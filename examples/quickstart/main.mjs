import { setTimeout as sleep } from 'node:timers/promises'
import { anthropic, anyone, createMillrace } from 'millrace'
import { conversation, createChat, defineTurn } from 'millrace/chat'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

// A question and its answer. What it yields is streamed; a model would be asked here.
const turn = defineTurn({
  async *run({ query, signal }) {
    for (const word of query === 'Hello' ? ['Hello ', 'there!'] : ['You ', 'asked: ', query]) {
      yield word
      await sleep(100, undefined, { signal })
    }
  },
})
const millrace = createMillrace({
  store: sqlite(process.env.LOG ?? 'log.db'),
  runs: { conversation, turn },
  authenticate: anyone,
  routes: {
    '/chat': createChat({ kind: 'turn' }),
    '/chat/stream': { kind: 'turn', dialect: anthropic, input: ({ message }) => ({ query: message }) },
  },
})
const { url } = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
console.log(`The chat is ready at ${url}`)
