import { anyone, createMillrace, memory } from 'millrace'
import { conversation, createChat, defineTurn } from 'millrace/chat'
import { serve } from 'millrace/node'
import { setTimeout as wait } from 'node:timers/promises'

const turn = defineTurn({
  async *run({ query }) {
    for (const word of `You asked: ${query} A mill needs water.`.split(' ')) {
      yield `${word} `
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
