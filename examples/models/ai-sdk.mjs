// Answers from any model of the AI SDK. Run it: MODEL_URL=http://localhost:11434/v1 MODEL=llama3.2 node examples/models/ai-sdk.mjs
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { aiSdkModel, answerWith, limitedFetch } from 'millrace/model'
import { serve } from 'millrace/node'

const { MODEL_URL, MODEL = 'llama3.2', PORT = '8787' } = process.env
const provider = createOpenAICompatible({ name: 'here', baseURL: MODEL_URL, includeUsage: true, fetch: limitedFetch() })
const model = aiSdkModel({ model: provider(MODEL), streamText })
const answer = defineRun({
  recover: 'restart',
  run: answerWith(model, ({ input }) => [{ role: 'user', text: input.message }]),
})
const app = createMillrace({ store: memory(), runs: { answer }, authenticate: anyone })
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
