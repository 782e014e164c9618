import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../../test/support/app.ts'
import { Log } from '../../../../../test/support/log.ts'
import { Script } from '../../../../../test/support/script.ts'
import { TestSocket } from '../../../../../test/support/web-socket.ts'
import { toNodeHandler } from './handler.ts'
import { serve, type Served } from './serve.ts'

const MIB = 1024 * 1024

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  // By header, or by the token of a message; whose token is `old` is nobody any more.
  server = testApp({
    runs: { answer: script.kind }, heartbeat: 1_000, allowedOrigins: ['https://friend.example'],
    authenticate: ({ headers }) => headers.get('X-User') ?? /^Bearer (\w+)$/.exec(headers.get('Authorization') ?? '')?.[1] ?? null,
  })
  served = await serve(server.app, { port: 0 })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

const open = (...options: Parameters<typeof TestSocket.open> extends [string, ...infer Rest] ? Rest : never): Promise<TestSocket> => TestSocket.open(served.url, ...options)

test('one socket starts a run, follows it and another one, and hears how each ends', async () => {
  await using socket = await open()
  expect((await socket.told('ready')).type).toBe('ready')
  const log = await Log.begin(server.store)
  socket.say({ type: 'start', ref: 'a', kind: 'answer', input: null, follow: true })
  socket.say({ type: 'follow', ref: 'b', run: log.run })
  await socket.told('started', 'a')
  script.say('one ', 'two')
  await log.say('three')
  script.end()
  await log.end({ status: 'failed', error: { code: 'quota', message: 'Enough.' } })
  await socket.told('end', 'a')
  await socket.told('end', 'b')
  expect([socket.text('a'), socket.text('b')]).toEqual(['one two', 'three'])
  expect(socket.frames('a').at(-1)?.data).toMatchObject({ type: 'end', status: 'completed' })
  expect(socket.frames('b').at(-1)?.data).toMatchObject({ type: 'end', status: 'failed', error: { code: 'quota' } })
})

test('a key joins the run that is there', async () => {
  await using socket = await open()
  for (const ref of ['a', 'b']) socket.say({ type: 'start', ref, kind: 'answer', input: 1, key: 'k' })
  const [first, second] = [await socket.told('started', 'a'), await socket.told('started', 'b')]
  expect(second['run']).toMatchObject({ id: (first['run'] as { id: string }).id, created: false })
  socket.say({ type: 'start', ref: 'c', kind: 'answer', input: 2, key: 'k' })
  expect((await socket.told('error', 'c'))['problem']).toMatchObject({ status: 422, code: 'key_reused' })
})

test('a run is cancelled from a socket, and other dialects are framed by name', async () => {
  await using socket = await open()
  socket.say({ type: 'start', ref: 'a', kind: 'answer', input: null, follow: true, dialect: 'anthropic' })
  const { run } = (await socket.told('started', 'a')) as unknown as { run: { id: string } }
  socket.say({ type: 'cancel', ref: 'stop', run: run.id })
  expect((await socket.told('status', 'stop'))['run']).toMatchObject({ id: run.id })
  await socket.told('end', 'a')
  expect(socket.frames('a').map(({ event }) => event)).toEqual(['message_start', 'error'])
})

test('HTML stands in a frame as text', async () => {
  const log = await Log.begin(server.store)
  await log.say('{"forged":1}')
  await log.end()
  await using socket = await open()
  socket.say({ type: 'follow', ref: 'a', run: log.run, dialect: 'html' })
  await socket.told('end', 'a')
  expect(socket.frames('a').every(({ data }) => typeof data === 'string')).toBe(true)
})

test('a follow that was left says nothing more, and the run goes on', async () => {
  await using socket = await open()
  const log = await Log.begin(server.store)
  socket.say({ type: 'follow', ref: 'a', run: log.run })
  await vi.waitUntil(() => socket.frames('a').length === 1)
  socket.say({ type: 'unfollow', ref: 'a' })
  socket.say({ type: 'follow', ref: 'b', run: log.run, after: socket.frames('a')[0]?.cursor })
  await log.say('more')
  await vi.waitUntil(() => socket.text('b') === 'more')
  await log.say(' and more')
  await log.end()
  await socket.told('end', 'b')
  expect(socket.text('b')).toBe('more and more')
  expect(socket.text('a')).not.toContain('and')
  expect(socket.messages.some(({ type, ref }) => type === 'end' && ref === 'a')).toBe(false)
})

test('a paused follow falls behind in the log until it is resumed', async () => {
  await using socket = await open()
  const [held, free] = [await Log.begin(server.store), await Log.begin(server.store)]
  socket.say({ type: 'follow', ref: 'held', run: held.run })
  socket.say({ type: 'follow', ref: 'free', run: free.run })
  await vi.waitUntil(() => socket.frames('held').length === 1)
  socket.say({ type: 'pause', ref: 'held' })
  socket.say({ type: 'cancel', ref: 'barrier', run: 'nothing' })
  await socket.told('error', 'barrier')
  for (let at = 0; at < 20; at += 1) await held.say(String(at))
  await free.end()
  await socket.told('end', 'free')
  expect(socket.frames('held').length).toBeLessThan(5)
  socket.say({ type: 'resume', ref: 'held' })
  await held.end()
  await socket.told('end', 'held')
  expect(socket.text('held')).toBe(Array.from({ length: 20 }, (_, at) => at).join(''))
})

test('cut at every frame and resumed, a follow says the same', async () => {
  const log = await Log.begin(server.store)
  await log.say('a', { type: 'status', status: 'b' }, 'c', { type: 'source', title: 'd' })
  await log.say('e')
  await log.end()
  for (const dialect of ['millrace', 'anthropic', 'html']) {
    await using whole = await open()
    whole.say({ type: 'follow', ref: 'a', run: log.run, dialect })
    await whole.told('end', 'a')
    const frames = whole.frames('a')
    await using again = await open()
    for (const [cut, { cursor }] of frames.entries()) again.say({ type: 'follow', ref: String(cut), run: log.run, dialect, after: cursor })
    await again.told('end', String(frames.length - 1))
    for (const cut of frames.keys()) {
      const rest = frames.slice(cut + 1)
      // After the end the dialect for pages says its last frame again.
      await vi.waitFor(() => expect(again.frames(String(cut))).toEqual(rest.length === 0 && dialect === 'html' ? frames.slice(-1) : rest))
    }
  }
})

test('after its end a run says only how it ended', async () => {
  const log = await Log.begin(server.store)
  await log.end({ status: 'cancelled' })
  await using socket = await open()
  socket.say({ type: 'follow', ref: 'a', run: log.run })
  await socket.told('end', 'a')
  socket.say({ type: 'follow', ref: 'b', run: log.run, after: socket.frames('a').at(-1)?.cursor })
  expect(await socket.told('end', 'b')).toMatchObject({ status: 'cancelled' })
})

test('a cursor of another log is told to begin anew', async () => {
  const log = await Log.begin(server.store)
  await using socket = await open()
  socket.say({ type: 'follow', ref: 'a', run: log.run, after: 'ffffffff-1' })
  expect((await socket.told('error', 'a'))['problem']).toMatchObject({ status: 409, code: 'reset' })
})

test('what belongs to somebody else is not there', async () => {
  const log = await Log.begin(server.store, 'bob')
  await using socket = await open()
  socket.say({ type: 'follow', ref: 'a', run: log.run })
  socket.say({ type: 'cancel', ref: 'b', run: log.run })
  socket.say({ type: 'signal', ref: 'c', run: log.run, signal: { type: 'cancel' } })
  for (const ref of ['a', 'b', 'c']) expect((await socket.told('error', ref))['problem']).toMatchObject({ status: 404, code: 'not_found' })
  await using bob = await open({ 'X-User': 'bob' })
  bob.say({ type: 'follow', ref: 'a', run: log.run })
  await log.end()
  await bob.told('end', 'a')
})

test('who says nothing of themselves is asked, and let in by a token', async () => {
  await using socket = await open({})
  await socket.told('auth')
  socket.say({ type: 'auth', token: 'ada' })
  await socket.told('ready')
  const log = await Log.begin(server.store)
  await log.end()
  socket.say({ type: 'follow', ref: 'a', run: log.run })
  await socket.told('end', 'a')
  socket.say({ type: 'auth', token: 'bob' })
  expect((await socket.told('error'))['problem']).toMatchObject({ code: 'forbidden' })
  expect(socket.closed).toBeNull()
})

test.each([{ type: 'auth', token: 'no\ntoken' }, { type: 'auth' }, { type: 'follow', ref: 'a', run: 'x' }])('nobody gets no further than %j', async (message) => {
  await using socket = await open({})
  socket.say(message)
  expect((await socket.gone()).code).toBe(4401)
})

test('a socket is closed when its token no longer holds', async () => {
  let holds = true
  await using fickle = testApp({ runs: {}, heartbeat: 1_000, authenticate: () => (holds ? 'ada' : null) })
  const place = await serve(fickle.app, { port: 0 })
  await using socket = await TestSocket.open(place.url)
  await socket.told('ready')
  holds = false
  expect((await socket.gone()).code).toBe(4401)
  await place.close()
})

test('a socket is closed when its token’s time is over, unless it was told a newer one', async () => {
  const later = Date.now() + 60_000
  const authenticate = (request: Request): { principal: string; expiresAt: number } =>
    ({ principal: 'ada', expiresAt: request.headers.get('Authorization') === 'Bearer newer' ? later : later - 57_000 })
  await using brief = testApp({ runs: {}, authenticate })
  const place = await serve(brief.app, { port: 0 })
  await using renewed = await TestSocket.open(place.url)
  await using socket = await TestSocket.open(place.url)
  await renewed.told('ready')
  renewed.say({ type: 'auth', token: 'newer' })
  expect((await socket.gone()).code).toBe(4401)
  renewed.say({ type: 'cancel', ref: 'x', run: 'A'.repeat(22) })
  expect(await renewed.told('error', 'x')).toBeDefined()
  await place.close()
})

test.each<[string, Readonly<Record<string, string>>, boolean]>([
  ['another site', { 'X-User': 'ada', Origin: 'https://evil.example' }, false],
  ['cookies and no origin', { 'X-User': 'ada', Cookie: 'a=b' }, false],
  ['an allowed site', { 'X-User': 'ada', Origin: 'https://friend.example' }, true],
  ['no browser', { 'X-User': 'ada' }, true],
])('a socket of %s', async (_whose, headers, isLetIn) => {
  await using socket = await open(headers)
  if (isLetIn) await socket.told('ready')
  else expect((await socket.gone()).code).toBe(1006)
})

test('what is no message is refused by name, and the socket lives on', async () => {
  await using socket = await open()
  for (const text of ['', 'nonsense', 'null', '7', '[]', '{}', '{"type":"explode"}', '{"type":"follow","ref":"a b","run":"x"}', '['.repeat(60_000)]) {
    const before = socket.messages.filter(({ type }) => type === 'error').length
    socket.socket.send(text)
    await vi.waitUntil(() => socket.messages.filter(({ type }) => type === 'error').length > before)
    expect(socket.messages.findLast(({ type }) => type === 'error')).toMatchObject({ ref: null, problem: { status: 400, code: 'invalid_request' } })
  }
  socket.say({ type: 'follow', ref: 'a', run: 7 })
  expect((await socket.told('error', 'a'))['problem']).toMatchObject({ code: 'invalid_request' })
  expect(socket.closed).toBeNull()
  expect(server.logged).toEqual([])
})

test.each<[string, string | Buffer, number]>([
  ['binary', Buffer.from('{"type":"auth","token":"ada"}'), 1003],
  ['too large', 'x'.repeat(64 * 1024 + 1), 1009],
])('a message that is %s closes the socket', async (_what, data, code) => {
  await using socket = await open()
  socket.socket.send(data)
  expect((await socket.gone()).code).toBe(code)
})

test('a flood closes its socket, and no other', async () => {
  await using calm = await open()
  await using socket = await open()
  for (let at = 0; at < 2_000; at += 1) socket.say({ type: 'pause', ref: 'a' })
  expect((await socket.gone()).code).toBe(1013)
  expect(calm.closed).toBeNull()
})

test('sockets and follows have places among the streams, and give them back', async () => {
  await using narrow = testApp({ runs: {}, limits: { streams: 2 } })
  const place = await serve(narrow.app, { port: 0 })
  const log = await Log.begin(narrow.store)
  const first = await TestSocket.open(place.url)
  first.say({ type: 'follow', ref: 'a', run: log.run })
  first.say({ type: 'follow', ref: 'b', run: log.run })
  expect((await first.told('error', 'b'))['problem']).toMatchObject({ status: 429, code: 'too_many_streams' })
  await using second = await TestSocket.open(place.url)
  expect((await second.gone()).code).toBe(1013)
  await first[Symbol.asyncDispose]()
  await vi.waitFor(async () => {
    await using third = await TestSocket.open(place.url)
    await third.told('ready')
  })
  await place.close()
})

test('so many may be nobody yet: the newest beyond that is sent away, and who is somebody is not', async () => {
  await using narrow = testApp({
    runs: {}, limits: { strangers: 2 },
    authenticate: ({ headers }) => headers.get('X-User') ?? /^Bearer (\w+)$/.exec(headers.get('Authorization') ?? '')?.[1] ?? null,
  })
  const place = await serve(narrow.app, { port: 0 })
  const first = await TestSocket.open(place.url, {})
  await using second = await TestSocket.open(place.url, {})
  await Promise.all([first.told('auth'), second.told('auth')])
  await using third = await TestSocket.open(place.url, {})
  expect((await third.gone()).code).toBe(1013)
  expect(third.messages).toEqual([])
  await using named = await TestSocket.open(place.url)
  await named.told('ready')
  // Who says who it is makes room, and so does who leaves.
  second.say({ type: 'auth', token: 'ada' })
  await second.told('ready')
  await using fourth = await TestSocket.open(place.url, {})
  await fourth.told('auth')
  await first[Symbol.asyncDispose]()
  await vi.waitFor(async () => {
    await using fifth = await TestSocket.open(place.url, {})
    await fifth.told('auth')
  })
  expect([second.closed, named.closed, fourth.closed]).toEqual([null, null, null])
  await place.close()
})

test('a peer that never reads costs a bounded buffer, and is dropped', async () => {
  const log = await Log.begin(server.store)
  for (let at = 0; at < 32; at += 1) await log.say('x'.repeat(MIB / 2))
  const connected = vi.fn<(socket: Socket) => void>()
  const place = createServer(toNodeHandler(server.app)).on('connection', connected).listen(0, '127.0.0.1')
  const { acceptWebSockets } = await import('./upgrade.ts')
  acceptWebSockets(place, server.app)
  await vi.waitUntil(() => place.listening)
  await using socket = await TestSocket.open(`http://127.0.0.1:${String((place.address() as AddressInfo).port)}`)
  await socket.told('ready')
  socket.socket.pause()
  for (let ref = 0; ref < 4; ref += 1) socket.say({ type: 'follow', ref: String(ref), run: log.run })
  const [raw] = connected.mock.calls[0]!
  await vi.waitUntil(() => raw.writableLength > 0)
  let most = 0
  await vi.waitUntil(() => {
    most = Math.max(most, raw.writableLength)
    return raw.destroyed
  }, { timeout: 15_000 })
  // What waits, and one page for each follow.
  expect(most).toBeLessThan(256 * 1024 + 4 * (MIB / 2 + 128 * 1024))
  expect(server.logged).toEqual([])
  place.close()
})

test('a peer that does not answer pings is dropped', async () => {
  await using socket = await open({ 'X-User': 'ada' }, { autoPong: false })
  expect((await socket.gone()).code).toBe(1006)
})

test('one that is going away says so, and another one goes on', async () => {
  const log = await Log.begin(server.store)
  await log.say('one ')
  await using socket = await open()
  socket.say({ type: 'follow', ref: 'a', run: log.run })
  await vi.waitUntil(() => socket.text('a') === 'one ')
  await using other = testApp({ store: server.store, runs: {} })
  const place = await serve(other.app, { port: 0 })
  await served.close()
  expect((await socket.gone()).code).toBe(1012)
  await using again = await TestSocket.open(place.url)
  again.say({ type: 'follow', ref: 'a', run: log.run, after: socket.frames('a').at(-1)?.cursor })
  await log.say('two')
  await log.end()
  await again.told('end', 'a')
  expect(again.text('a')).toBe('two')
  await place.close()
})

function upgrade(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers: { 'X-User': 'ada', Connection: 'Upgrade', ...headers } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve(101)
    }).on('error', reject).end()
  })
}
const HANDSHAKE = { Upgrade: 'websocket', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13' }

test('a stray WebSocket request is answered', async () => {
  expect(await upgrade(`${served.url}/runs`, HANDSHAKE)).toBe(101)
  expect(await upgrade(`${served.url}/ws/anything`, HANDSHAKE)).toBe(404)
  expect(await upgrade(`${served.url}/runs/answer`, HANDSHAKE)).toBe(404)
  expect(await upgrade(`${served.url}/runs`, { ...HANDSHAKE, 'Sec-WebSocket-Version': '1' })).toBeGreaterThanOrEqual(400)
  expect(server.logged).toEqual([])
})

test('a server that takes no WebSockets says so', async () => {
  const place = createServer(toNodeHandler(server.app)).listen(0, '127.0.0.1')
  await vi.waitUntil(() => place.listening)
  const url = `http://127.0.0.1:${String((place.address() as AddressInfo).port)}`
  expect(await upgrade(`${url}/runs`, HANDSHAKE)).toBe(426)
  expect(await upgrade(`${url}/ws`, HANDSHAKE)).toBe(404)
  place.close()
})

test('an upgrade to something else is answered as if it had not been offered', async () => {
  expect(await upgrade(`${served.url}/runs`, { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' })).toBe(200)
})
