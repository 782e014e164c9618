/* global document, location */
const at = (id) => document.getElementById(id)
const post = async (path, body, headers) => {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } })
  return response.json()
}
// What the proxy in front of the server says of whoever signed in: a page of your own sends nothing here.
const { token } = await post('/chat/sessions', { projectId: 'project-456' }, { 'X-User': 'user-123' })
const { conversationId } = await post('/chat/conversations', {}, { Authorization: `Bearer ${token}` })

// Establish WebSocket connection: the token is in its first message, and never in an address
const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/chat/stream`)
socket.addEventListener('open', () => {
  socket.send(JSON.stringify({ token }))
  at('status').textContent = 'Connected'
})

document.forms[0].addEventListener('submit', (event) => {
  event.preventDefault()
  for (const id of ['response', 'sources', 'error']) at(id).textContent = ''
  socket.send(JSON.stringify({ conversationId, query: event.target.elements.query.value }))
})

// Handle incoming messages: each is a chunk. Text is put in as text, so that no answer can be markup
socket.addEventListener('message', ({ data }) => {
  const chunk = JSON.parse(data)
  if (chunk.metadata?.type === 'attempt') at('response').textContent = ''
  if (chunk.content) at('response').append(chunk.content)
  for (const { title, relevanceScore } of chunk.sources ?? []) {
    at('sources').append(Object.assign(document.createElement('li'), { textContent: `${title} (Relevance: ${relevanceScore})` }))
  }
  if (chunk.isComplete) at('status').textContent = 'Response complete'
  if (chunk.error) at('error').textContent = chunk.error.message
})
socket.addEventListener('close', () => {
  at('status').textContent = 'Connection closed'
})
