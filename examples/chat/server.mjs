// A chat that cites its sources. Run it: node examples/chat/server.mjs; its clients stand beside it.
import { setTimeout as sleep } from 'node:timers/promises'
import { createMillrace, memory, PublicError } from 'millrace'
import { conversation, createChat, createSessions, defineTurn } from 'millrace/chat'
import { serve } from 'millrace/node'

// What answers: a model, in an application of your own. It cuts words, links and fences in two, as models do.
const ANSWERS = {
  default: 'Technology companies pay income tax of 30 % and VAT of 16 %. A credit is given for research.',
  code: 'Add the VAT:\n```js\nconst total = net * 1.16 // <b>VAT</b>\n```\nThen pay the tax.',
  long: 'One more rule about taxes. '.repeat(20_000),
}
const turn = defineTurn({
  async *run({ query, signal }) {
    yield { type: 'source', title: 'Income Tax Law', relevance: 0.92, excerpt: 'Legal entities pay tax …' }
    yield { type: 'source', title: 'VAT Law', relevance: 0.81 }
    if (query === 'fail') throw new PublicError('no_model', 'The model is not there.')
    const size = query === 'long' ? 10_000 : 7
    for (const piece of (ANSWERS[query] ?? ANSWERS.default).match(new RegExp(`[^]{1,${size}}`, 'g'))) {
      if (signal.aborted) return
      yield piece
      await sleep(2)
    }
  },
})

// Who signs in is known by the proxy in front, in a header that it sets; from then on a session says who asks.
const sessions = createSessions({
  keys: { current: { id: 'today', secret: crypto.getRandomValues(new Uint8Array(32)) } },
  authenticate: ({ headers }) => headers.get('X-User'),
})
const app = createMillrace({
  store: memory(),
  runs: { conversation, turn },
  routes: { '/chat': createChat({ kind: 'turn', sessions, busy: 'queue' }) },
  authenticate: sessions.authenticate,
})
const server = await serve(app, { port: Number(process.env.PORT ?? 8787) })
console.log(`The chat is ready at ${server.url}`)
process.on('SIGTERM', async () => {
  await app.close()
  await server.close()
})
