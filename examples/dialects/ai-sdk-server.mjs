// What answers `useChat`: the page beside this file asks it. Run it: node examples/dialects/ai-sdk-server.mjs
import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { aiSdk, anyone, createMillrace, defineRun, lastUserText } from 'millrace'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

const { PORT = '8787', FOLDER = '.millrace', PACE = '100' } = process.env
mkdirSync(FOLDER, { recursive: true })

const answer = defineRun({
  recover: 'resume',
  async *run({ input, signal, resumed }) {
    const words = `You asked: ${input.question} A mill needs water, and water finds its way.`
    // What a predecessor said is not said again.
    const said = (await resumed?.text()) ?? ''
    for (const word of words.slice(said.length).split(/(?<= )/)) {
      yield word
      await sleep(Number(PACE), undefined, { signal })
    }
  },
})

const app = createMillrace({
  store: sqlite(`${FOLDER}/chat.db`),
  runs: { answer },
  routes: { '/api/chat': { kind: 'answer', dialect: aiSdk, input: (body) => ({ question: lastUserText(body) }) } },
  authenticate: anyone,
})
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
