// The limit: the text as a buffer that was made beforehand; and, as `frames`, the same with a frame for every token.
import { contendWith } from './contender.mjs'
import { tokensOf } from './answer.mjs'

const [form, tokens] = process.argv.slice(2)
const texts = tokensOf(Number(tokens))
const frame = (text, index) => `id: 0123abcd-${index + 3}\ndata: ${JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text })}\n\n`
const body = Buffer.from(form === 'frames' ? texts.map(frame).join('') : texts.join(''))

contendWith((_request, response) => {
  response.writeHead(200, { 'Content-Type': form === 'frames' ? 'text/event-stream' : 'text/plain', 'Cache-Control': 'no-store' })
  response.end(body)
})
