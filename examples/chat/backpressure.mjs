// A reader that is slower than its answer. Run it, beside server.mjs: node examples/chat/backpressure.mjs http://localhost:8787
import { setTimeout as sleep } from 'node:timers/promises'
import { createChatClient } from 'millrace/client'
import { overWebSocket } from 'millrace/client/websocket'
import { WebSocket } from 'ws'

const maxBuffered = 10 * 1024
const processingDelay = 2

// Over HTTP there is nothing to do: what is not asked for is not read. A socket pushes, so it is held back: once so
// much waits the server is asked to pause, and at half of it to go on. Here both are shown.
class Shown extends WebSocket {
  send(text) {
    const { type } = JSON.parse(text)
    if (type === 'pause' && !Shown.said.has(type)) console.log('[Applying backpressure - pausing stream]')
    if (type === 'resume' && !Shown.said.has(type)) console.log('[Releasing backpressure - resuming stream]')
    Shown.said.add(type)
    super.send(text)
  }
  static said = new Set()
}
const client = createChatClient(process.argv[2], {
  headers: { 'X-User': 'user-123' },
  host: overWebSocket({ maxBuffered, WebSocket: Shown }),
})
const session = await client.session({ userId: 'user-123' })
const { conversationId } = await client.startConversation(session)

let size = 0
for await (const chunk of client.chatStream({ ...session, conversationId }, { query: 'long' })) {
  size += chunk.content?.length ?? 0
  await sleep(processingDelay)
  if (chunk.isComplete) console.log(`Stream complete! ${size} characters`)
}
