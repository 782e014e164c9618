// Answers from Anthropic, or from whoever speaks its Messages API. Run it:
// ANTHROPIC_API_KEY=… node examples/models/anthropic.mjs
import { anthropic, anyone, createMillrace, defineRun, lastUserText, memory } from 'millrace'
import { answerWith, anthropicModel } from 'millrace/model'
import { serve } from 'millrace/node'

const { MODEL_URL, MODEL = 'claude-sonnet-5-5', PORT = '8787' } = process.env
const model = anthropicModel({ model: MODEL, baseURL: MODEL_URL, limits: { total: 120_000 } })
const answer = defineRun({
  recover: 'restart',
  run: answerWith(model, ({ input }) => [{ role: 'system', text: 'Be brief.' }, { role: 'user', text: input.message }], { maxTokens: 500 }),
})
// The same answer, for that vendor's own clients: a proxy with a log.
const input = (body) => ({ message: lastUserText(body) })
const routes = { '/v1/messages': { kind: 'answer', dialect: anthropic, input } }
const app = createMillrace({ store: memory(), runs: { answer }, routes, authenticate: anyone })
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
