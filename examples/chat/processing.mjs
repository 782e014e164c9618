// Keywords, code and tokens of an answer while it comes, right wherever it is cut, and escaped.
// Run it, beside server.mjs: node examples/chat/processing.mjs http://localhost:8787
import { createChatClient } from 'millrace/client'
import { codeBlocks, countTokens, highlight, toHtml } from 'millrace/processors'

const client = createChatClient(process.argv[2], { headers: { 'X-User': 'user-123' } })
const conversation = await client.startConversation({})
const { run } = await client.ask(conversation, { query: 'code' })

const keywords = ['tax', 'deduction', 'credit', 'VAT', 'income']
let tokens = 0
async function* counted(text) {
  for await (const piece of countTokens(text)) {
    tokens = piece.tokens
    yield piece.text
  }
}
for await (const html of toHtml(highlight(codeBlocks(counted(run.text())), keywords))) process.stdout.write(html)
console.log(`\n${tokens} tokens`)
