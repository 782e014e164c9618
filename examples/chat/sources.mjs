// Collects text and sources. Run it, beside server.mjs: node examples/chat/sources.mjs http://localhost:8787
import { createChatClient } from 'millrace/client'

const client = createChatClient(process.argv[2], { headers: { 'X-User': 'user-123' } })
const conversation = await client.startConversation({})

let fullContent = ''
const allSources = []
for await (const chunk of client.chatStream(conversation, { query: 'Which taxes are there?' })) {
  if (chunk.content) fullContent += chunk.content
  if (chunk.sources) allSources.push(...chunk.sources)
  // A server that died began the answer anew.
  if (chunk.metadata?.type === 'attempt') fullContent = ''
}
for (const { title, relevanceScore, contentExcerpt = 'no excerpt' } of allSources) {
  console.log(`${title}: ${relevanceScore} (${contentExcerpt})`)
}

// The same, whole: it is not answered, or paid for, again.
const { turns } = await client.history(conversation)
const { messageContent, sources } = await client.chat(conversation, { turn: turns[0].id })
console.log(messageContent === fullContent, sources.length === allSources.length)
