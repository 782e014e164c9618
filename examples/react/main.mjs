import { anyone, createMillrace, memory } from 'millrace'
import { conversation, createChat, defineTurn } from 'millrace/chat'
import { serve } from 'millrace/node'
import { setTimeout as wait } from 'node:timers/promises'

const turn = defineTurn({
  async *run({ query, prefix }) {
    const answer = `You asked: ${query} A mill needs water. `
    // Where it goes on with an answer that was stopped, what was said is not said again.
    for (const word of answer.slice(prefix.length).match(/\S+\s*/g) ?? []) {
      yield word
      await wait(Number(process.env.PACE ?? 50))
    }
  },
})

const app = createMillrace({
  store: memory(),
  runs: { conversation, turn },
  routes: { '/chat': createChat({ kind: 'turn' }) },
  authenticate: anyone,
})

const server = await serve(app, { port: Number(process.env.PORT ?? 8787) })
console.log(`ready at ${server.url}`)
