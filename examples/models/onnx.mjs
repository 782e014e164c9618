// Answers from a language model in this process, by transformers.js. Run it: MODEL=models/qwen node examples/models/onnx.mjs
import { anyone, createMillrace, defineRun } from 'millrace'
import { answerWith, onnxModel } from 'millrace/model'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

const { MODEL, STORE = '.millrace/models.db', PORT = '8787' } = process.env
const model = await onnxModel({ path: MODEL })
const answer = defineRun({
  recover: 'resume',
  run: answerWith(model, ({ input }) => [{ role: 'user', text: input.message }], { maxTokens: 512 }),
})
const app = createMillrace({ store: sqlite(STORE), runs: { answer }, authenticate: anyone })
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
