// A model that has a tool, which the run runs. Run it:
// MODEL_URL=http://localhost:11434/v1 MODEL=llama3.2 node examples/models/tools.mjs
import { anyone, createMillrace, defineRun, memory, PublicError } from 'millrace'
import { answerWithTools, openaiModel } from 'millrace/model'
import { serve } from 'millrace/node'

const { MODEL_URL, MODEL = 'llama3.2', PORT = '8787' } = process.env
const model = openaiModel({ model: MODEL, baseURL: MODEL_URL, continues: 'assistant' })
const weather = {
  name: 'weather',
  description: 'The weather in a city, now.',
  input: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  async run({ city }) {
    if (city === undefined) throw new PublicError('no_city', 'Name a city.')
    return { city, sky: 'clear' }
  },
}
const answer = defineRun({
  recover: 'resume',
  run: answerWithTools(model, ({ input }) => [{ role: 'user', text: input.message }], { tools: [weather], rounds: 4 }),
})
const app = createMillrace({ store: memory(), runs: { answer }, authenticate: anyone })
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
