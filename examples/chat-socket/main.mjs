import { createMillrace, memory } from 'millrace'
import { conversation, createChat, createSessions, defineTurn } from 'millrace/chat'
import { serve, sessionKeys } from 'millrace/node'
import { WebSocket } from 'ws'

// What answers: a model, in an application of your own.
const turn = defineTurn({
  async *run({ query, signal }) {
    yield { type: 'source', title: 'What was asked', relevance: 1 }
    for (const word of `You asked: ${query}`.split(' ')) if (!signal.aborted) yield `${word} `
  },
})

// Who signs in is known by the proxy in front; from then on a session says who asks.
const sessions = createSessions({
  keys: sessionKeys('.millrace/session-keys.json'),
  authenticate: (request) => request.headers.get('X-User'),
})
const app = createMillrace({
  store: memory(),
  runs: { conversation, turn },
  routes: { '/chat': createChat({ kind: 'turn', sessions }) },
  authenticate: sessions.authenticate,
})
const server = await serve(app, { port: 0 })

// A session, narrowed to a project, and a conversation in it.
const session = await post('/chat/sessions', { projectId: 'project-456' }, { 'X-User': 'user-123' })
const bearer = { Authorization: `Bearer ${session.token}` }
const { conversationId } = await post('/chat/conversations', { title: 'Streaming example' }, bearer)

// The page: one question after another, each message a chunk. The token is in the first message, never in the address.
const socket = new WebSocket(`${server.url.replace('http', 'ws')}/chat/stream`)
let fullContent = ''
socket.addEventListener('open', () => {
  socket.send(JSON.stringify({ token: session.token, conversationId, query: 'What are the tax implications?' }))
  socket.send(JSON.stringify({ conversationId, query: 'And in Mexico?' }))
})
socket.addEventListener('message', ({ data }) => {
  const chunk = JSON.parse(data)
  if (chunk.content) fullContent += chunk.content
  if (chunk.error) console.error(chunk.error.message)
  if (chunk.isComplete) show(chunk.sources)
})

const answers = []
function show(sources) {
  console.log(fullContent, sources.map(({ title, relevanceScore }) => `(${title}: ${relevanceScore})`).join(' '))
  answers.push(fullContent)
  fullContent = ''
  if (answers.length === 2) socket.close()
}
await new Promise((resolve) => socket.addEventListener('close', resolve))

// A secret that is new from now on; who has a session keeps it to its end.
await sessionKeys('.millrace/session-keys.json').rotate()
const { turns } = await (await fetch(`${server.url}/chat/conversations/${conversationId}/turns`, { headers: bearer })).json()
console.log(turns.length, 'turns;', (await fetch(`${server.url}/chat/conversations`, { headers: { Authorization: 'Bearer made-up' } })).status)

await server.close()
await app.close()

async function post(path, body, headers) {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } })
  return response.json()
}
