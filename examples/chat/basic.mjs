// Reads an answer as it comes. Run it, beside server.mjs: node examples/chat/basic.mjs http://localhost:8787
import { createChatClient } from 'millrace/client'

const client = createChatClient(process.argv[2], { headers: { 'X-User': 'user-123' } })

// Create session
const session = await client.session({ instanceId: 'capital-edge-instance-001', userId: 'user-123', projectId: 'project-456' })

// Start conversation
const { conversationId } = await client.startConversation(session, { title: 'Streaming example' })

// Process streaming response
const query = 'Explain the different tax regimes in Mexico for technology companies'
for await (const chunk of client.chatStream({ ...session, conversationId }, { query })) {
  if (chunk.content) process.stdout.write(chunk.content)

  // The sources come with the final chunk
  if (chunk.isComplete) {
    console.log('\n\nSources:')
    for (const source of chunk.sources ?? []) console.log(`- ${source.title}`)
  }
}
