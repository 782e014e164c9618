import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, posting, type TestApp } from '../../../../../test/support/app.ts'
import { Arriving } from '../../../../../test/support/arriving.ts'
import { everything, Log } from '../../../../../test/support/log.ts'
import { Script } from '../../../../../test/support/script.ts'
import { head, RawClient } from '../../../../../test/support/socket.ts'
import { PublicError } from '../../event/error.ts'
import { streamingResponse } from '../../server/body.ts'
import { toNodeHandler } from './handler.ts'
import { serve, type Served } from './serve.ts'
import { acceptWebSockets } from './upgrade.ts'

const LAST_CHUNK = '\r\n0\r\n\r\n'

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  server = testApp({ runs: { answer: script.kind } })
  served = await serve(server.app, { port: 0 })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

async function startLog(): Promise<Log> {
  const log = await Log.begin(server.store)
  for (const said of everything) await log.say(...said)
  return log
}

function get(log: Log, accept: string, version = '1.1'): string {
  return head(`GET /runs/${log.run} HTTP/${version}`, { Accept: accept })
}

const ACCEPTED = ['text/event-stream', 'application/x-ndjson', 'text/plain']

test.each(ACCEPTED)('a socket, a mounted handler and a Web body give the very same bytes: %s', async (accept) => {
  const log = await startLog()
  await log.end()
  await log.seal()
  const mounted = createServer(toNodeHandler(server.app))
  await listening(mounted)
  const path = `/runs/${log.run}?dialect=anthropic`
  const headers = { Accept: accept, 'X-User': 'ada' }
  const direct = await (await server.ask(path, { headers })).arrayBuffer()
  for (const port of [served.port, portOf(mounted)]) {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers })
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(direct))
  }
  expect(direct.byteLength).toBeGreaterThan(50)
  await new Promise((resolve) => mounted.close(resolve))
})

test('a complete stream ends cleanly in every version of HTTP', async () => {
  const log = await startLog()
  await log.end()
  using newer = new RawClient(served.port)
  newer.send(get(log, 'text/plain'))
  await newer.until(LAST_CHUNK)
  using older = new RawClient(served.port)
  older.send(get(log, 'text/plain', '1.0'))
  expect(await older.closed).toBe('end')
  expect(older.received).toContain('last words')
})

test.each(['failed', 'cancelled'] as const)('plain text of a run that %s is all there, and cut', async (status) => {
  const log = await startLog()
  using newer = new RawClient(served.port)
  using older = new RawClient(served.port)
  newer.send(get(log, 'text/plain'))
  older.send(get(log, 'text/plain', '1.0'))
  await Promise.all([newer.until('last words'), older.until('last words')])
  await log.end({ status })
  expect([await newer.closed, await older.closed]).toEqual(['end', 'ECONNRESET'])
  expect(newer.received).not.toContain(LAST_CHUNK)
  // Node itself takes a reset that comes together with bytes for an end: what matters is that the bytes came.
  using late = new RawClient(served.port)
  late.send(get(log, 'text/plain', '1.0'))
  await late.until('last words')
  const web = new Arriving(await server.ask(`/runs/${log.run}`, { headers: { Accept: 'text/plain' } }))
  await expect(web.toEnd()).rejects.toThrow()
  expect(web.text).toContain('last words')
})

test.each(['failed', 'cancelled'] as const)('frames of a run that %s say so, and end cleanly', async (status) => {
  const log = await startLog()
  await log.end({ status })
  using client = new RawClient(served.port)
  client.send(get(log, 'text/event-stream'))
  await client.until(LAST_CHUNK)
  expect(client.received).toContain(`{"type":"end","status":"${status}"}`)
})

test.each(ACCEPTED)('an app that closes cuts its streams of %s, on sockets and as Web bodies', async (accept) => {
  const log = await startLog()
  using newer = new RawClient(served.port)
  using older = new RawClient(served.port)
  newer.send(get(log, accept))
  older.send(get(log, accept, '1.0'))
  const body = (await server.ask(`/runs/${log.run}`, { headers: { Accept: accept } })).text()
  const cut = expect(body).rejects.toThrow()
  await Promise.all([newer.until('words'), older.until('words')])
  await server.app.close()
  expect([await newer.closed, await older.closed]).toEqual(['end', 'ECONNRESET'])
  expect(newer.received).not.toContain(LAST_CHUNK)
  await cut
})

test('a client that left before its stream began gives its place back', async () => {
  await using slow = testApp({ runs: { answer: script.kind }, limits: { streams: 1 } })
  let asked = 0
  let answer = (): void => undefined
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve))
  await using slowServed = disposable(await serve({
    fetch: async (request) => {
      const response = await slow.app.fetch(request)
      asked += 1
      if (asked === 1) await mayAnswer
      return response
    },
  }, { port: 0 }))
  const post = head('POST /runs/answer HTTP/1.1', { 'Content-Type': 'application/json', 'Content-Length': '4' }) + 'null'
  using early = new RawClient(slowServed.port)
  early.send(post)
  await vi.waitUntil(() => asked === 1)
  early.leave()
  using second = new RawClient(slowServed.port)
  second.send(post)
  await second.until('429')
  answer()
  await vi.waitUntil(async () => {
    using next = new RawClient(slowServed.port)
    next.send(post)
    await next.until('HTTP/1.1 ')
    await next.until('\r\n')
    return next.received.startsWith('HTTP/1.1 200')
  })
})

test('a pipelined stream whose connection is gone gives its place back', async () => {
  const log = await startLog()
  await using limited = testApp({ store: server.store, limits: { streams: 2 } })
  await using limitedServed = disposable(await serve(limited.app, { port: 0 }))
  using client = new RawClient(limitedServed.port)
  client.send(get(log, 'text/event-stream') + get(log, 'text/event-stream'))
  await client.until('words')
  const status = async (): Promise<number> => {
    const response = await limited.ask(`/runs/${log.run}`, { headers: { Accept: 'text/event-stream' } })
    await response.body?.cancel()
    return response.status
  }
  expect(await status()).toBe(429)
  client.leave()
  await vi.waitUntil(async () => (await status()) === 200)
  // Both places, not only the first one's.
  const both = await Promise.all([0, 1].map(() => limited.ask(`/runs/${log.run}`, { headers: { Accept: 'text/event-stream' } })))
  expect(both.map((response) => response.status)).toEqual([200, 200])
})

test('HEAD has the head of a stream and of a document, and no body', async () => {
  const log = await startLog()
  for (const accept of [...ACCEPTED, 'application/json']) {
    using client = new RawClient(served.port)
    client.send(head(`HEAD /runs/${log.run} HTTP/1.1`, { Accept: accept, Connection: 'close' }))
    expect(await client.closed).toBe('end')
    expect(client.received).toMatch(/^HTTP\/1\.1 200 [^]*millrace-run: [^]*\r\n\r\n$/i)
  }
})

test('a request to upgrade to what is not known is answered as if it had not asked', async () => {
  using client = new RawClient(served.port)
  client.send(head('GET /runs HTTP/1.1', { Connection: 'Upgrade', Upgrade: 'h2c' }))
  await client.until('"runs":[]')
  expect(client.received).toMatch(/^HTTP\/1\.1 200 /)
})

test('half a WebSocket handshake is refused, and one that leaves harms nobody', async () => {
  using client = new RawClient(served.port)
  client.send(head('GET /runs HTTP/1.1', { Connection: 'Upgrade', Upgrade: 'websocket' }))
  await client.until('HTTP/1.1 400')
  client.leave()
  expect((await fetch(`${served.url}/runs`)).status).toBe(401)
})

test('a connection whose upgrade was refused is closed, whatever its client sends, and whether or not that closes it', async () => {
  const server = createServer()
  acceptWebSockets(server, { fetch: () => new Response(null, { status: 404 }) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const gone = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)))
  using client = new RawClient((server.address() as AddressInfo).port)
  client.send(head('GET /nowhere HTTP/1.1', { Connection: 'Upgrade', Upgrade: 'websocket' }) + 'x'.repeat(1024 * 1024))
  await client.until('HTTP/1.1 404')
  await gone
  server.close()
})

test('methods that no Web request can have are refused', async () => {
  const quiet = vi.spyOn(console, 'error')
  using client = new RawClient(served.port)
  client.send(head('TRACE /runs HTTP/1.1'))
  await client.until('HTTP/1.1 405')
  expect(quiet).not.toHaveBeenCalled()
  quiet.mockRestore()
})

test.each(['', 'a b', '[', 'x/../y', '::1', 'a@b', '%'])('a Host that is none (%j) changes nothing about the path', async (host) => {
  using client = new RawClient(served.port)
  client.send(head('GET //elsewhere/runs HTTP/1.1', { Host: host, Connection: 'close' }))
  await client.closed
  expect(client.received).toMatch(/^HTTP\/1\.1 40[04] /)
})

test('a head of too many bytes is refused, and the server lives', async () => {
  using client = new RawClient(served.port)
  client.send(`GET /runs HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
  await client.until('HTTP/1.1 431')
  using many = new RawClient(served.port)
  many.send(head('GET /runs HTTP/1.1', { ...Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`X-${String(n)}`, ''])), Connection: 'close' }))
  await many.until('HTTP/1.1 200')
})

test('what throws before its head is an error without its text; after it, a cut', async () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const failing = (body: () => Response): Promise<Served> => serve({ fetch: body }, { port: 0 })
  await using before = disposable(await failing(() => { throw new Error('hunter2') }))
  const response = await fetch(before.url)
  expect([response.status, await response.text()]).toEqual([500, ''])
  await using bad = disposable(await failing(() => streamingResponse({ open: () => { throw new Error('hunter2') }, discard: () => undefined }, {})))
  using client = new RawClient(bad.port)
  client.send(head('GET / HTTP/1.1'))
  await client.closed
  expect(client.received).toMatch(/^HTTP\/1\.1 200 /)
  expect(client.received).not.toContain('0\r\n\r\n')
  expect(quiet).toHaveBeenCalledTimes(2)
  quiet.mockRestore()
})

test('a body that fails in its middle is cut', async () => {
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('so far'))
      controller.error(new Error('hunter2'))
    },
  }, { highWaterMark: 0 })
  await using broken = disposable(await serve({ fetch: () => new Response(body) }, { port: 0 }))
  await expect(fetch(broken.url).then((response) => response.text())).rejects.toThrow()
})

test('cookies stay apart, and a body of any size is handed on at the pace of its reader', async () => {
  const chunk = new Uint8Array(1024 * 1024)
  let pulled = 0
  const body = (): ReadableStream<Uint8Array> => new ReadableStream({
    pull(controller) {
      pulled += 1
      if (pulled > 64) controller.close()
      else controller.enqueue(chunk)
    },
  }, { highWaterMark: 0 })
  const headers = new Headers([['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']])
  await using large = disposable(await serve({ fetch: () => new Response(body(), { headers }) }, { port: 0 }))
  const response = await fetch(large.url)
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  // Nobody reads yet: what the two kernels hold is all that may have been pulled.
  expect(pulled).toBeLessThan(40)
  expect((await response.arrayBuffer()).byteLength).toBe(64 * chunk.length)
})

test.each(['8787', 'abc', NaN, -1, 65_536, 1.5])('a port that is none is refused, and nothing listens anywhere: %o', async (port) => {
  await expect(serve(server.app, { port: port as number })).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('65535') as string })
})

test('a port that is taken is said plainly, or the next one is taken', async () => {
  await expect(serve(server.app, { port: served.port })).rejects.toMatchObject({ code: 'port_taken', message: expect.stringContaining('is taken') as string })
  await using next = disposable(await serve(server.app, { port: served.port, nextPorts: 20 }))
  expect(next.port).toBeGreaterThan(served.port)
  await expect(serve(server.app, { port: 0, host: '192.0.2.1' })).rejects.toMatchObject({ code: 'internal' })
})

test('closing the server does not wait for its streams', async () => {
  const log = await startLog()
  using client = new RawClient(served.port)
  client.send(get(log, 'text/event-stream'))
  await client.until('words')
  await served.close()
  expect(client.received).not.toContain(LAST_CHUNK)
})

test('a server that is closed first makes no half answer look whole', async () => {
  const log = await startLog()
  using older = new RawClient(served.port)
  older.send(get(log, 'text/plain', '1.0'))
  await older.until('words')
  await served.close()
  expect(await older.closed).toBe('ECONNRESET')
})

test('many requests at once on one connection warn nobody', async () => {
  const warned = vi.fn()
  process.on('warning', warned)
  using client = new RawClient(served.port)
  client.send(head('GET /runs HTTP/1.1').repeat(40) + head('GET /runs HTTP/1.1', { Connection: 'close' }))
  expect(await client.closed).toBe('end')
  expect(client.received.split('HTTP/1.1 200').length - 1).toBe(41)
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})

test('a run that failed with a public reason says it over HTTP', async () => {
  script.fail(new PublicError('no_model', 'The model is not there.'))
  const response = await fetch(`${served.url}/runs/answer`, posting(null, { 'X-User': 'ada' }))
  expect(await response.text()).toContain('{"type":"end","status":"failed","error":{"code":"no_model","message":"The model is not there."}}')
})

function disposable(one: Served): Served & AsyncDisposable {
  return { ...one, [Symbol.asyncDispose]: () => one.close() }
}

async function listening(one: Server): Promise<void> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
}

function portOf(one: Server): number {
  return (one.address() as AddressInfo).port
}
