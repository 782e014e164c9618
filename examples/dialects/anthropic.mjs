// An answerer for Anthropic's clients. Run it: node examples/dialects/anthropic.mjs
import { anthropic, anyone, createMillrace, defineRun, lastUserText, memory } from 'millrace'
import { serve } from 'millrace/node'

const answer = defineRun({
  async *run({ input }) {
    for (const word of `You asked: ${input.question}`.split(' ')) yield `${word} `
    yield { type: 'usage', usage: { output: 3 } }
  },
})
const millrace = createMillrace({
  store: memory(), runs: { answer }, authenticate: anyone,
  routes: { '/v1/messages': { kind: 'answer', dialect: anthropic, input: (body) => ({ question: lastUserText(body) }) } },
})
const { url } = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
console.log(`The answerer is ready at ${url}`)
