import { setTimeout as sleep } from 'node:timers/promises'
import { streamResponse } from 'millrace'
import { html } from 'millrace/html'
import { serve } from 'millrace/node'
import { createSseStream, createStreamingEndpoint, createStreamingService, withStream } from 'millrace/streaming'

const PACE = Number(process.env.PACE ?? 500)
const streaming = createStreamingService({ defaults: { heartbeat: 15_000 } })

function streamText() {
  async function* chunks() {
    for (let i = 0; i < 10; i += 1) {
      yield `Chunk ${i}\n`
      await sleep(PACE)
    }
  }
  return streaming.createTextResponse(chunks())
}

function streamJson() {
  async function* squares() {
    for (let i = 0; i < 10; i += 1) {
      yield { id: i, value: i * i, message: `Item ${i}` }
      await sleep(PACE)
    }
  }
  return streaming.createJsonResponse(squares())
}

function streamInScope(request) {
  async function* lines() {
    for (let i = 0; i < 10; i += 1) {
      yield `Line ${i}\n`
      await sleep(PACE)
    }
  }
  return withStream(lines(), { format: 'text' }, (stream) => {
    if (!request.headers.has('X-User')) return new Response('Say who you are.\n', { status: 401 })
    return stream.response()
  })
}

function streamEvents() {
  async function* updates() {
    for (let i = 0; i < 10; i += 1) {
      yield { id: i, data: { text: `Event ${i}`, progress: (i + 1) * 10 } }
      await sleep(PACE)
    }
  }
  return streaming.createSseResponse(updates(), { event: 'update' })
}

function streamBytes() {
  async function* blocks() {
    for (let i = 0; i < 10; i += 1) {
      yield new Uint8Array(4).fill(i)
      await sleep(PACE)
    }
  }
  return streaming.createBinaryResponse(blocks())
}

const model = {
  async *chat([{ content }]) {
    for (const word of content.split(' ')) {
      await sleep(PACE)
      yield `${word} `
    }
  },
}
let conversations = 0
function getTextAi() {
  conversations += 1
  return { chat: model.chat, close: () => (conversations -= 1) }
}

async function chatStream(request) {
  const { message } = await request.json()
  return streamResponse(model.chat([{ role: 'user', content: message }]))
}

const chatEndpoint = createStreamingEndpoint({
  path: '/chat-stream',
  processor: ({ message }, { textAi }) => textAi.chat([{ role: 'user', content: message }]),
  dependencies: { textAi: getTextAi },
})

const board = createSseStream({ heartbeat: 10_000, closeMessage: 'The board is closed' })
function streamBoard() {
  const temperature = (celsius) => (celsius === null ? undefined : html`<p>It is <b>${celsius}</b> degrees.</p>`)
  return board.response([19, null, 21], temperature)
}

const routes = {
  '/stream/text': streamText, '/stream/json': streamJson, '/stream/scope': streamInScope, '/stream/events': streamEvents,
  '/stream/bytes': streamBytes, '/conversations': () => Response.json(conversations), '/board': streamBoard, '/chat': chatStream, [chatEndpoint.path]: chatEndpoint.fetch,
}
const notFound = () => new Response(null, { status: 404 })
const fetch = (request) => (routes[new URL(request.url).pathname] ?? notFound)(request)
const server = await serve({ fetch }, { port: Number(process.env.PORT ?? 8793) })
console.log(`ready at ${server.url}`)
