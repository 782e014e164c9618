import { anyone, createMillrace, memory, PublicError } from 'millrace'
import { conversation, createChat, defineTurn } from 'millrace/chat'
import { serve } from 'millrace/node'

// A turn is a question and its answer. Its handler is told what led to the question.
const turn = defineTurn({
  recover: 'resume',
  async *run({ query, history, prefix }) {
    const page = PAGES.find(({ about }) => query.includes(about))
    if (page === undefined) throw new PublicError('unknown', 'Nobody knows.')
    yield { type: 'source', title: page.title, url: page.url, relevance: 0.9 }
    const answer = `${history.length === 0 ? '' : 'Besides, '}${page.text}`
    // Whoever goes on with an answer has said its first words already.
    for (const word of answer.slice(prefix.length).match(/\S+\s*/g) ?? []) yield word
  },
})

const PAGES = [
  { about: 'run', title: 'Runs', url: '/runs', text: 'a run is one unit of work, with one log.' },
  { about: 'log', title: 'Logs', url: '/logs', text: 'a log is what everything else is a projection of.' },
]

const kept = new Map()
const app = createMillrace({
  store: memory(),
  authenticate: anyone,
  runs: { conversation, turn: { ...turn, onEnd: ({ run, input, text }) => void kept.set(run, `${input.query} ${text}`) } },
  routes: { '/chat': createChat({ kind: 'turn' }) },
})
const server = await serve(app, { port: 0 })

const post = (path, body, headers = {}) =>
  fetch(server.url + path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) })

const { conversationId } = await (await post('/chat/conversations', {})).json()
const turns = `/chat/conversations/${conversationId}/turns`

// Chunks, as they come. The same key leads to the same answer, and never pays for it twice.
const key = { 'Idempotency-Key': crypto.randomUUID() }
for await (const { content, sources, isComplete } of chunksOf(await post(turns, { query: 'What is a run?' }, key))) {
  if (content) process.stdout.write(content)
  for (const { title, relevanceScore } of sources ?? []) process.stdout.write(`\n[${title}, ${relevanceScore}]`)
  if (isComplete) process.stdout.write('\n')
}

// The same, whole.
const whole = await (await post(turns, { query: 'And what is a log?', stream: false })).json()
console.log(whole.messageContent)

// A question that failed, and what it is asked instead.
const failed = await post(turns, { query: 'And what is love?', stream: false })
console.log(failed.status, (await failed.json()).error.message)
const supersedes = failed.headers.get('Millrace-Run')
await post(turns, { query: 'And what is a run, again?', supersedes, stream: false })

const { conversation: talk, turns: told } = await (await fetch(server.url + turns)).json()
console.log(talk.title)
for (const { query, content } of told) console.log(`  ${query} → ${content}`)

await server.close()
await app.close()
console.log(`${kept.size} ends were kept elsewhere`)

/** The data of each message of an SSE body. */
async function* chunksOf(response) {
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
  }
}
