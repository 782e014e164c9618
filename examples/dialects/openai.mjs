// One kind of run behind chat completions and Responses, read by the vendor's own client.
import { createMillrace, defineRun, lastUserText, memory, openai, openaiResponses } from 'millrace'
import { serve } from 'millrace/node'
import OpenAI from 'openai'

const input = (body) => ({ question: lastUserText(body) })
const answer = defineRun({
  async *run({ input }) {
    yield { type: 'delta', kind: 'reasoning', text: `They ask: ${input.question}` }
    yield* ['Fleece ', 'becomes ', 'yarn, ', 'and yarn cloth.']
    yield { type: 'usage', usage: { input: 4, output: 7 } }
  },
})

const millrace = createMillrace({
  store: memory(),
  runs: { answer },
  authenticate: (request) => (request.headers.get('Authorization') === 'Bearer secret' ? 'ada' : null),
  routes: {
    '/v1/chat/completions': { kind: 'answer', dialect: openai, input },
    '/v1/responses': { kind: 'answer', dialect: openaiResponses, input },
  },
})
const served = await serve(millrace, { port: 0 })

const client = new OpenAI({ apiKey: 'secret', baseURL: `${served.url}/v1` })
const question = 'What becomes of fleece?'

// Chat completions. With a key, asking again joins the same run: it is paid for once.
const keyed = { headers: { 'Idempotency-Key': 'question-1' } }
const chat = await client.chat.completions.create({ model: 'answer', messages: [{ role: 'user', content: question }], stream: true }, keyed)
let said = ''
for await (const { choices } of chat) said += choices[0].delta.content ?? ''
console.log(said)

// Responses. The network is lost after the first words; the client goes on behind what it had.
let id, number
const words = []
for await (const event of await client.responses.create({ model: 'answer', input: question, stream: true })) {
  id ??= event.response?.id
  number = event.sequence_number
  if (event.type !== 'response.output_text.delta') continue
  words.push(event.delta)
  break
}
for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: number })) {
  if (event.type === 'response.output_text.delta') words.push(event.delta)
}
console.log(words.join(''))

// In the background: nobody waits, and whoever has the id asks how it stands, or stops it.
const started = await client.responses.create({ model: 'answer', input: question, background: true })
const stopped = await client.responses.cancel(started.id)
console.log(stopped.id === started.id, ['completed', 'cancelled'].includes(stopped.status))

await millrace.close()
await served.close()
