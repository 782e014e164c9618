import { serve } from '@hono/node-server'
import { toServerSentEventsResponse } from '@tanstack/ai'
import { contend } from './contender.mjs'
import { Queue } from './queue.mjs'
import { TOKEN } from './token.mjs'

const chunk = { type: 'TEXT_MESSAGE_CONTENT', messageId: '0', delta: TOKEN, timestamp: 0 }
const readers = new Set()

function fetch(request) {
  const queue = new Queue()
  queue.push(chunk)
  readers.add(queue)
  request.signal.addEventListener('abort', () => readers.delete(queue))
  return toServerSentEventsResponse(queue)
}

serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  contend({
    url: `http://127.0.0.1:${port}/`,
    emit() {
      for (const queue of readers) queue.push(chunk)
    },
  })
})
