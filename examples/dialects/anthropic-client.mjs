// Asks an answerer. Run it, beside anthropic.mjs: node examples/dialects/anthropic-client.mjs http://localhost:8787 Why?
import Anthropic from '@anthropic-ai/sdk'

const [baseURL, content] = process.argv.slice(2)
const client = new Anthropic({ baseURL, apiKey: 'any' })
const question = { model: 'any', max_tokens: 1000, messages: [{ role: 'user', content }] }
const stream = client.messages.stream(question, { headers: { 'Idempotency-Key': crypto.randomUUID() } })
stream.on('text', (text) => process.stdout.write(text))
const { usage } = await stream.finalMessage()
console.log(`\n${usage.output_tokens} tokens`)
