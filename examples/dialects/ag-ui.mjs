// An agent for AG-UI's clients. Run it: node examples/dialects/ag-ui.mjs
import { agUi, anyone, createMillrace, defineRun, lastUserText, memory } from 'millrace'
import { serve } from 'millrace/node'

const agent = defineRun({
  async *run({ input }) {
    yield { type: 'status', status: 'answering' }
    for (const word of `You asked: ${input.question}`.split(' ')) yield `${word} `
  },
})
const millrace = createMillrace({
  store: memory(), runs: { agent }, authenticate: anyone,
  routes: { '/agent': { kind: 'agent', dialect: agUi, input: (body) => ({ question: lastUserText(body) }) } },
})
const { url } = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
console.log(`The agent is ready at ${url}`)
