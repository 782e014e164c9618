import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  connect as connectHttp2, createServer as createHttp2Server, type ClientHttp2Session, type ClientHttp2Stream, type Http2Server,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { posting, testApp } from '../../../../../test/support/app.ts'
import { RawClient } from '../../../../../test/support/socket.ts'
import { anyone } from '../../server/authenticate.ts'
import { toNodeHandler } from './handler.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closing.splice(0)) await close() })

type Listener = ReturnType<typeof toNodeHandler>

const runs = {
  echo: {
    async *run({ input }: { readonly input: unknown }): AsyncGenerator<string> {
      yield JSON.stringify(input)
    },
  },
  silent: {
    run: ({ signal }: { readonly signal: AbortSignal }): Promise<void> => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  },
}

test('a body is read also where something before it has paused the message', async () => {
  const { app } = testApp({ runs, authenticate: anyone })
  const listener = toNodeHandler(app)
  const server = createServer((message: IncomingMessage, to: ServerResponse) => {
    message.pause()
    setImmediate(() => listener(message, to))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()), () => app.close())
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${String(port)}/runs/echo`, posting({ a: 1 }, { Accept: 'text/event-stream' }))
  expect(await response.text()).toContain('"completed"')
})

const lines = fc.constantFrom(
  'GET /runs/nothing', 'GET /runs/echo', 'HEAD /runs/nothing', 'OPTIONS /runs/echo', 'DELETE /runs/echo', 'GET http://evil.example/runs/nothing',
  'GET //runs/nothing', 'GET /runs?limit=x', 'GET /runs/nothing?after=x&after=y', 'GET /x/../runs/nothing', 'GET *', 'GET /runs/%zz',
  ...Array.from({ length: 12 }, () => 'POST /runs/echo'), 'POST /runs/__proto__', 'POST /runs/echo?from=tail', 'POST http://evil.example/runs/echo', 'PUT /runs/echo',
)
const headers = fc.subarray([
  'Accept: text/event-stream', 'accept: application/x-ndjson', 'ACCEPT: text/html', 'Accept: text/nothing', 'Cookie: a=1', 'cookie: b=2', 'Origin: http://localhost', 'Origin: https://evil.example',
  'Sec-Fetch-Site: cross-site', 'Set-Cookie: a=1', '__proto__: x', 'constructor: x', 'Last-Event-ID: abcdefgh-1', 'Last-Event-ID: nonsense', 'Idempotency-Key: k k',
  'Idempotency-Key: \u00e4', 'Range: bytes=0-9', 'Access-Control-Request-Method: POST', 'Prefer: respond-async', 'Prefer:', 'Expect: 100-continue', 'Upgrade: websocket',
  'Referer: http://localhost/page', 'X-Long: \t spaced \t',
], { maxLength: 3 })
const types = fc.constantFrom('content-type: application/x-www-form-urlencoded', 'Content-Type: text/plain', ...Array.from({ length: 4 }, () => 'Content-Type: application/json'))
const bodies = fc.constantFrom('', '{"a":1}', '{"a":1}', '{"a":1}', 'a=1&a=2&__proto__=3', '[[[[', '{"a":"\u00e4"}', 'x'.repeat(200))

/** What differs from one answer to the next by itself. */
function settled(answer: string): string {
  return answer.replace(/^Date:.*$/gm, '').replace(/[\w-]{22}/g, 'ID').replace(/[\w-]{8}-(\d+)/g, 'EPOCH-$1').replace(/"(createdAt|endedAt|at)":\d+/g, '')
}

interface Sent {
  readonly line: string
  readonly host: string
  readonly type: string
  readonly some: readonly string[]
  readonly body: string
  readonly isChunked: boolean
}

function bytesOf({ line, host, type, some, body, isChunked }: Sent): Uint8Array {
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${String(body.length)}`
  const start = [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close', framing, type, ...some, '', ''].join('\r\n')
  const chunks = `${body && `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`
  return Buffer.from(start + (isChunked ? chunks : body), 'latin1')
}

test('every request is answered as one that was made a Web request first', { timeout: 60_000 }, async () => {
  const { app } = testApp({ runs, authenticate: anyone, limits: { body: 100, depth: 3 }, allowedHosts: ['localhost'] })
  closing.push(() => app.close())
  const ports = await Promise.all([app, { fetch: (request: Request) => app.fetch(request) }].map(async (handler) => {
    const server = createServer(toNodeHandler(handler))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
    return (server.address() as AddressInfo).port
  }))
  const hosts = fc.constantFrom(...Array.from({ length: 8 }, () => 'localhost'), 'LOCALHOST:80', 'evil.example', 'a/b?c', 'localhost@evil.example', '[::1]:99999')
  const sent = fc.record({ line: lines, host: hosts, type: types, some: headers, body: bodies, isChunked: fc.boolean() })
  await fc.assert(fc.asyncProperty(sent, async (request) => {
    const [own, web] = await Promise.all(ports.map(async (port) => {
      using client = new RawClient(port)
      client.send(bytesOf(request))
      await client.closed
      return settled(client.received)
    }))
    expect(own).toBe(web)
  }), { numRuns: 300 })
})
/** A server of HTTP/2, and a client that may be rude to it. */
async function overHttp2(listener: Listener): Promise<{ readonly server: Http2Server; readonly client: ClientHttp2Session }> {
  const server = createHttp2Server()
  server.on('request', (...asked: unknown[]) => void Reflect.apply(listener, null, asked))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connectHttp2(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  closing.push(async () => {
    client.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return { server, client }
}

const leaving: readonly [string, (stream: ClientHttp2Stream) => void][] = [
  // To close it would end its body first.
  ['reset its stream', (stream) => stream.destroy()],
  ['went away', (stream) => stream.session?.destroy()],
]

describe.each(leaving)('a client of HTTP/2 that %s', (_name, leave) => {
  test.each(['the app', 'a handler around it'])('in the middle of a form has started nothing: %s', async (asked) => {
    const { app, store, logged } = testApp({ runs, authenticate: anyone })
    closing.push(() => app.close())
    const created = vi.spyOn(store, 'create')
    const answers: Promise<Response>[] = []
    const fetch = (request: Request): Promise<Response> => {
      answers.push(app.fetch(request))
      return answers[0]!
    }
    const { server, client } = await overHttp2(toNodeHandler(asked === 'the app' ? app : { fetch }))
    const ended = new Promise<void>((resolve) => {
      server.once('request', (message) => message.once('data', () => leave(stream)).once('end', resolve))
    })
    const stream = client.request({ ':method': 'POST', ':path': '/runs/echo', 'content-type': 'application/x-www-form-urlencoded' })
    stream.on('error', () => undefined).write('prompt=half+of+it')
    await ended
    await Promise.allSettled(answers)
    await new Promise((resolve) => setImmediate(resolve))
    expect(created).not.toHaveBeenCalled()
    expect(logged).toEqual([])
  })

  test('before the handler was asked is not read to', async () => {
    const readers: string[] = []
    const { app } = testApp({ runs, authenticate: anyone, observe: ({ type }) => readers.push(type) })
    const { id } = await app.start('silent', null, { principal: 'anyone' })
    closing.push(() => app.close())
    const listener = toNodeHandler(app)
    const asked = new Promise<void>((resolve) => {
      void overHttp2((message, to) => {
        message.once('close', () => {
          listener(message, to)
          resolve()
        })
        leave(stream)
      }).then(({ client }) => {
        stream = client.request({ ':path': `/runs/${id}`, 'accept': 'text/event-stream' }).on('error', () => undefined)
      })
    })
    let stream: ClientHttp2Stream
    await asked
    await vi.waitUntil(() => readers.includes('reader_left'))
    expect(readers.filter((type) => type.startsWith('reader_'))).toEqual(['reader_came', 'reader_left'])
  })
})
