// What can go wrong, each by its name. Run it, beside server.mjs: node examples/chat/fallback.mjs http://localhost:8787
import { createChatClient, MillraceError, PublicError } from 'millrace/client'

// Cuts are resumed by themselves. Where streams do not come through at all, the answer comes by polls: it is the
// same answer, its words go on where they were, and it is paid for once.
const client = createChatClient(process.argv[2], { headers: { 'X-User': 'user-123' }, patience: 500 })
const conversation = await client.startConversation({})

for (const query of ['Which taxes are there?', 'fail', 'stop']) {
  const stream = client.chatStream(conversation, { query })
  try {
    for await (const chunk of stream) {
      if (chunk.content) process.stdout.write(chunk.content)
      if (query === 'stop' && chunk.content) await stream.cancel()
    }
    console.log()
  } catch (error) {
    // What the answer failed with, in words meant for people …
    if (error instanceof PublicError) console.log(`The answer failed: ${error.message}`)
    // … or what stood in the way: `cancelled`, `incomplete`, `unauthorized`, `busy`, `invalid_request`, …
    else if (error instanceof MillraceError) console.log(`\n${error.code}`)
    else throw error
  }
}
