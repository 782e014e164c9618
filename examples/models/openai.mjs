// Answers from any server that speaks OpenAI's chat completions, resumed where the process dies. Run it:
// MODEL_URL=http://localhost:11434/v1 MODEL=llama3.2 node examples/models/openai.mjs
import { anyone, createMillrace, defineRun } from 'millrace'
import { answerWith, openaiModel } from 'millrace/model'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

const { MODEL_URL, MODEL = 'llama3.2', STORE = '.millrace/models.db', PORT = '8787' } = process.env
const model = openaiModel({ model: MODEL, baseURL: MODEL_URL, continues: 'assistant' })
const answer = defineRun({
  recover: 'resume',
  run: answerWith(model, ({ input }) => [{ role: 'user', text: input.message }]),
})
const app = createMillrace({ store: sqlite(STORE), runs: { answer }, authenticate: anyone, lease: 1_000 })
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
