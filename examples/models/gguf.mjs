// Answers from a language model in this process, by llama.cpp. Run it: MODEL=qwen.gguf node examples/models/gguf.mjs
import { anyone, createMillrace, defineRun } from 'millrace'
import { answerWith, ggufModel } from 'millrace/model'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

const { MODEL, STORE = '.millrace/models.db', PORT = '8787' } = process.env
const model = await ggufModel({ path: MODEL })
const answer = defineRun({
  recover: 'resume',
  run: answerWith(model, ({ input }) => [{ role: 'user', text: input.message }], { maxTokens: 512 }),
})
const app = createMillrace({ store: sqlite(STORE), runs: { answer }, authenticate: anyone })
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
