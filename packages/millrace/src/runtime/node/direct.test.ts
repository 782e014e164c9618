import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createGzip, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { turns } from '../../../../../test/support/run/faulty.ts'
import { testApp, type TestApp } from '../../../../../test/support/app.ts'
import { Log } from '../../../../../test/support/log.ts'
import { Script } from '../../../../../test/support/script.ts'
import { head, RawClient } from '../../../../../test/support/socket.ts'
import { directSocket } from './direct.ts'
import { toNodeHandler } from './handler.ts'

const LAST_CHUNK = '0\r\n\r\n'

let script: Script
let app: TestApp
let log: Log
let written: Uint8Array[]
const servers: NetServer[] = []

beforeEach(async () => {
  script = new Script()
  app = testApp({ runs: { answer: script.kind }, limits: { streams: 1_000 } })
  log = await Log.begin(app.store)
  written = []
})

afterEach(async () => {
  await app.app.close()
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => {
    server.close(resolve)
    if ('closeAllConnections' in server) (server as Server).closeAllConnections()
  })))
})

type Handler = (message: IncomingMessage, to: ServerResponse) => void

async function listening(server: NetServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A server that notes whatever is written to its sockets, write by write. */
async function observed(handler: Handler = toNodeHandler(app.app)): Promise<Server & { readonly port: number }> {
  const server = createServer(handler)
  server.on('connection', (socket: Socket) => {
    const write = socket.write.bind(socket) as (...of: unknown[]) => boolean
    socket.write = (bytes: string | Uint8Array, ...rest: unknown[]): boolean => {
      if (bytes.length > 0) written.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
      return write(bytes, ...rest)
    }
  })
  return Object.assign(server, { port: await listening(server) })
}

function get(headers: Readonly<Record<string, string>> = {}, query = '', version = '1.1'): string {
  return head(`GET /runs/${log.run}${query} HTTP/${version}`, { Accept: 'text/event-stream', ...headers })
}

/** The body as it should have come, whatever way it took. */
async function whole(query = ''): Promise<string> {
  return (await app.ask(`/runs/${log.run}${query}`, { headers: { Accept: 'text/event-stream' } })).text()
}

/** What stands in the chunks after a response's head. */
function unchunked(received: string): string {
  let body = ''
  let rest = received.slice(received.indexOf('\r\n\r\n') + 4)
  for (;;) {
    const end = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.slice(0, end), 16)
    expect(rest.slice(0, end)).toMatch(/^[0-9a-f]+$/)
    if (size === 0) return body
    body += rest.slice(end + 2, end + 2 + size)
    rest = rest.slice(end + 2 + size + 2)
  }
}

async function sayAndEnd(...clients: readonly RawClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.until('"start"')))
  for (const word of ['one ', 'two ', 'three ']) {
    await log.say(word)
    await Promise.all(clients.map((client) => client.until(word)))
  }
  await log.end()
}

test('a batch is one write to each reader’s socket, of the very same bytes with their framing', async () => {
  const { port } = await observed()
  const clients = Array.from({ length: 5 }, () => new RawClient(port))
  for (const client of clients) client.send(get())
  await Promise.all(clients.map((client) => client.until('"start"')))
  written.length = 0
  await log.say('one ')
  await Promise.all(clients.map((client) => client.until('one ')))
  expect(written).toHaveLength(5)
  expect(new Set(written.map(({ buffer }) => buffer)).size).toBe(1)
  expect(Buffer.from(written[0]!).toString()).toMatch(/^[0-9a-f]+\r\nid: [^]*\n\n\r\n$/)
  await log.end()
  await Promise.all(clients.map((client) => client.until(LAST_CHUNK)))
  const expected = await whole()
  for (const client of clients) expect(unchunked(client.received)).toBe(expected)
})

test('what the direct path knows of a response that is nowhere documented is as it was', async () => {
  const seen: unknown[] = []
  const { port } = await observed((_message, to) => {
    to.flushHeaders()
    seen.push([to.chunkedEncoding, '_hasBody' in to && to._hasBody, directSocket(to) === to.socket])
    to.end()
  })
  for (const line of ['GET / HTTP/1.1', 'HEAD / HTTP/1.1', 'GET / HTTP/1.0']) {
    using client = new RawClient(port)
    client.send(head(line, { Connection: 'close' }))
    await client.closed
  }
  expect(seen).toEqual([[true, true, true], [false, false, false], [false, true, false]])
})

const unlike: readonly (readonly [string, (to: ServerResponse) => void])[] = [
  ['a write of its own', (to) => { to.write = to.write.bind(to) }],
  ['an end of its own', (to) => { to.end = to.end.bind(to) }],
  ['an encoding', (to) => to.setHeader('Content-Encoding', 'gzip')],
  ['a length', (to) => to.setHeader('Content-Length', '0')],
  ['a cork', (to) => to.cork()],
  ['something held back', (to) => { to.cork(); to.write('held'); to.flushHeaders() }],
  ['a socket that is closing', (to) => to.socket?.end()],
]

test.each(unlike)('a response with %s is left alone', async (_what, change) => {
  const seen: unknown[] = []
  const { port } = await observed((_message, to) => {
    change(to)
    to.flushHeaders()
    seen.push(directSocket(to))
    to.destroy()
  })
  using client = new RawClient(port)
  client.send(head('GET / HTTP/1.1'))
  await client.closed
  expect(seen).toEqual([null])
})

test('streams asked for one behind another come one after another, whole', async () => {
  const server = await observed()
  const answers: ServerResponse[] = []
  server.on('request', (_message, to) => answers.push(to))
  using client = new RawClient(server.port)
  client.send(get() + get())
  await client.until('"start"')
  // Asked for when nothing of the first answer waits in the socket any more.
  client.send(get({ Connection: 'close' }))
  await vi.waitUntil(() => answers[2]?.headersSent)
  await turns()
  await log.say('one ')
  await log.end()
  await client.closed
  const expected = await whole()
  expect(client.received.split('HTTP/1.1 200 OK').slice(1).map((answer) => unchunked(answer))).toEqual([expected, expected, expected])
})

test('a connection is used again after a stream, and nothing is left on it', async () => {
  const server = await observed()
  const counts: number[] = []
  let connection: Socket | undefined
  server.on('connection', (socket: Socket) => (connection = socket))
  using client = new RawClient(server.port)
  for (const again of [1, 2, 3]) {
    client.received = ''
    client.send(get())
    if (again === 1) await sayAndEnd(client)
    await client.until(LAST_CHUNK)
    expect(unchunked(client.received)).toBe(await whole())
    await vi.waitUntil(() => connection!.listenerCount('close') === (counts[0] ?? connection!.listenerCount('close')))
    counts.push(connection!.listenerCount('close'))
    await vi.waitUntil(() => connection!.listenerCount('drain') === 1)
  }
  client.received = ''
  client.send(head('GET /runs HTTP/1.1'))
  await client.until('"runs"')
  expect(client.received).toMatch(/^HTTP\/1\.1 200 OK/)
})

test('a connection that is done is closed by the server’s own clock', async () => {
  const server = await observed()
  server.keepAliveTimeout = 1
  await log.end()
  using client = new RawClient(server.port)
  client.send(get())
  expect(await client.closed).toBe('end')
  expect(unchunked(client.received)).toBe(await whole())
})

test('a stream that is silent for longer than the server allows is cut', async () => {
  const server = await observed()
  server.timeout = 50
  using client = new RawClient(server.port)
  client.send(get())
  await client.closed
  expect(client.received).toContain('"start"')
  expect(client.received).not.toContain(LAST_CHUNK)
})

test.each([[{ Connection: 'close' }, '1.1', true], [{}, '1.0', false], [{ Connection: 'keep-alive' }, '1.0', false]] as const)(
  'a stream to %j in HTTP/%s is whole', async (headers, version, isChunked) => {
    const { port } = await observed()
    using client = new RawClient(port)
    client.send(get(headers, '', version))
    await sayAndEnd(client)
    expect(await client.closed).toBe('end')
    const body = isChunked ? unchunked(client.received) : client.received.slice(client.received.indexOf('\r\n\r\n') + 4)
    expect(body).toBe(await whole())
  },
)

test('who waits to be told to go on is told, and then has its stream', async () => {
  const { port } = await observed()
  using client = new RawClient(port)
  client.send(head('POST /runs/answer HTTP/1.1', { 'Content-Type': 'application/json', 'Content-Length': '4', Expect: '100-continue' }))
  await client.until('HTTP/1.1 100 Continue\r\n\r\n')
  client.send('null')
  script.say('one ')
  script.end()
  await client.until(LAST_CHUNK)
  expect(unchunked(client.received.slice('HTTP/1.1 100 Continue\r\n\r\n'.length))).toContain('"status":"completed"')
})

test('a reader that closes its half is cut and lets go, and harms nobody', async () => {
  const server = await observed()
  const failed = vi.fn()
  server.on('clientError', failed)
  using client = new RawClient(server.port)
  using other = new RawClient(server.port)
  client.send(get())
  other.send(get())
  await Promise.all([client.until('"start"'), other.until('"start"')])
  client.socket.end()
  await sayAndEnd(other)
  await client.closed
  await other.until(LAST_CHUNK)
  expect(client.received).not.toContain(LAST_CHUNK)
  expect(unchunked(other.received)).toBe(await whole())
  expect(failed).not.toHaveBeenCalled()
})

test('a reader that closes its half and reads nothing is written nothing more', async () => {
  const server = await observed()
  const failed = vi.fn()
  server.on('clientError', failed)
  using client = new RawClient(server.port)
  client.send(get())
  await client.until('"start"')
  client.socket.pause()
  // More than the two kernels take: what was sent before the goodbye keeps the connection from closing.
  for (let piece = 0; piece < 40; piece += 1) await log.say('x'.repeat(256 * 1024))
  const before = written.length
  client.socket.end()
  await vi.waitUntil(async () => {
    await log.say('more')
    return new Promise((resolve) => server.getConnections((_error, count) => resolve(count > 0)))
  })
  expect(written.length).toBe(before)
  client.leave()
  await log.end()
  expect(failed).not.toHaveBeenCalled()
})

test('a reader that does not read is held back at its socket, and gets all of it in the end', async () => {
  const server = await observed()
  let connection: Socket | undefined
  server.on('connection', (socket: Socket) => (connection = socket))
  using client = new RawClient(server.port)
  client.send(get())
  await client.until('"start"')
  client.socket.pause()
  for (let piece = 0; piece < 60; piece += 1) {
    await log.say(`${String(piece)} ${'x'.repeat(256 * 1024)}`)
    expect(connection!.writableLength).toBeLessThan(1024 * 1024)
  }
  expect(connection!.writableLength).toBeGreaterThan(0)
  await log.end()
  client.socket.resume()
  await client.until(LAST_CHUNK)
  expect(unchunked(client.received)).toBe(await whole())
})

/** As `compression` does it: what is written is packed on its way. */
function packed(handler: Handler): Handler {
  return (message, to) => {
    const gzip = createGzip()
    const write = to.write.bind(to)
    const end = to.end.bind(to)
    to.setHeader('Content-Encoding', 'gzip')
    gzip.on('data', (bytes: Buffer) => write(bytes))
    gzip.on('end', () => end())
    to.write = (bytes: Uint8Array): boolean => {
      gzip.write(bytes)
      gzip.flush()
      return true
    }
    to.end = (): ServerResponse => {
      gzip.end()
      return to
    }
    handler(message, to)
  }
}

test('a response that is packed on its way is packed as a whole', async () => {
  const { port } = await observed(packed(toNodeHandler(app.app)))
  await log.say('one ')
  await log.end()
  using client = new RawClient(port)
  client.send(get())
  await client.until(LAST_CHUNK)
  expect(gunzipSync(Buffer.from(unchunked(client.received), 'latin1')).toString()).toBe(await whole())
})

test('who counts what a response is given counts all of it', async () => {
  let counted = 0
  const handler = toNodeHandler(app.app)
  const { port } = await observed((message, to) => {
    const write = to.write.bind(to)
    to.write = (bytes: Uint8Array): boolean => {
      counted += bytes.length
      return write(bytes)
    }
    handler(message, to)
  })
  using client = new RawClient(port)
  client.send(get())
  await sayAndEnd(client)
  await client.until(LAST_CHUNK)
  expect(counted).toBe(Buffer.byteLength(await whole()))
})

test('HTTP/2 has streams of its own, whole or cut', async () => {
  const server = createHttp2Server()
  server.on('request', toNodeHandler(app.app) as never)
  const session = connectHttp2(`http://127.0.0.1:${String(await listening(server))}`)
  const ask = async (accept: string): Promise<readonly [string, number | undefined]> => {
    const stream = session.request({ ':path': `/runs/${log.run}`, accept, 'x-user': 'ada' })
    const closed = new Promise((resolve) => stream.once('close', resolve))
    let received = ''
    stream.setEncoding('utf8').on('data', (text: string) => (received += text))
    await vi.waitUntil(() => received.includes('one '))
    if (accept === 'text/plain') await log.end({ status: 'failed' })
    await closed
    return [received, stream.rstCode]
  }
  await log.say('one ')
  expect(await ask('text/plain')).toEqual(['one ', constants.NGHTTP2_CANCEL])
  expect(await ask('text/event-stream')).toEqual([await whole(), constants.NGHTTP2_NO_ERROR])
  await new Promise<void>((resolve) => session.close(resolve))
})

/** A key both sides know, so that no certificate is needed. */
const psk = Buffer.alloc(16, 7)
const secret = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const

/** What comes of one request over TLS. */
async function encrypted(handler: Handler, asked: string, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<string> {
  const port = await listening(createHttpsServer({ ...secret, pskCallback: () => psk }, handler))
  const socket = connectTls({
    ...secret, port, host: '127.0.0.1', pskCallback: () => ({ psk, identity: 'ada' }), checkServerIdentity: () => undefined,
  })
  socket.write(asked)
  await meanwhile()
  let received = ''
  for await (const bytes of socket.setEncoding('latin1')) received += String(bytes)
  return received
}

test('what is encrypted is whole', async () => {
  const received = await encrypted(toNodeHandler(app.app), get({ Connection: 'close' }), async () => {
    await log.say('one ')
    await log.end()
  })
  expect(unchunked(received)).toBe(await whole())
})

test('an encrypted response is left alone, whatever else is right with it', async () => {
  const seen: unknown[] = []
  await encrypted((_message, to) => {
    to.flushHeaders()
    void vi.waitUntil(() => to.writableCorked === 0 && to.writableLength === 0 && to.socket?.writableLength === 0).then(() => {
      seen.push(to.chunkedEncoding, directSocket(to))
      to.end()
    })
  }, head('GET / HTTP/1.1', { Connection: 'close' }))
  expect(seen).toEqual([true, null])
})

test('a client that left while something before the handler took its time gives its place back', async () => {
  await using narrow = testApp({ store: app.store, runs: { answer: script.kind }, limits: { streams: 1 } })
  const handler = toNodeHandler(narrow.app)
  let late = (): void => undefined
  const { port } = await observed((message, to) => {
    if (message.headers['x-late']) late = () => handler(message, to)
    else handler(message, to)
  })
  using client = new RawClient(port)
  let left = false
  servers[0]!.on('connection', (socket: Socket) => socket.on('close', () => (left = true)))
  client.send(get({ 'X-Late': 'yes' }))
  const wasLate = late
  await vi.waitUntil(() => late !== wasLate)
  client.leave()
  await vi.waitUntil(() => left)
  late()
  await vi.waitUntil(async () => {
    using next = new RawClient(port)
    next.send(get())
    await next.until('\r\n\r\n')
    return next.received.startsWith('HTTP/1.1 200')
  })
})
