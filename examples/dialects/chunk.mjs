// A chat for readers of chunks. Run it: node examples/dialects/chunk.mjs
import { anyone, chunk, createMillrace, defineRun, memory } from 'millrace'
import { serve } from 'millrace/node'

const chat = defineRun({
  async *run({ input }) {
    yield { type: 'source', title: 'The question', relevance: 1, excerpt: input.query }
    for (const word of `You asked: ${input.query}`.split(' ')) yield `${word} `
  },
})
const millrace = createMillrace({
  store: memory(), runs: { chat }, authenticate: anyone,
  routes: { '/api/chat': { kind: 'chat', dialect: chunk, input: ({ query }) => ({ query }) } },
})
const { url } = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
console.log(`The chat is ready at ${url}`)
