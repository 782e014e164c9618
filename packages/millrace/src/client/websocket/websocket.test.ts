import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { testApp, type TestApp } from '../../../../../test/support/app.ts'
import { Log } from '../../../../../test/support/log.ts'
import { Script } from '../../../../../test/support/script.ts'
import { serve, toNodeHandler, type Served } from '../../runtime/index.ts'
import type { Entry } from '../../event/run-event.ts'
import { createClient } from '../client.ts'
import { overWebSocket } from './host.ts'

const ADA = { Authorization: 'Bearer ada' }

let script: Script
let server: TestApp
let served: Served
let sockets: Counted[]

/** What was opened, so that it can be cut, and what came on it. */
class Counted extends WebSocket {
  static heard: (data: string) => void = () => undefined
  received = 0

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    super(url, { headers })
    sockets.push(this)
    this.on('message', (data: Buffer) => {
      this.received += data.length
      Counted.heard(data.toString())
    })
  }
}

beforeEach(async () => {
  sockets = []
  Counted.heard = () => undefined
  script = new Script()
  server = testApp({ runs: { answer: script.kind }, heartbeat: 1_000, authenticate: bearer })
  served = await serve(server.app, { port: 0 })
})

afterEach(async () => {
  vi.useRealTimers()
  for (const socket of sockets) socket.terminate()
  await server.app.close()
  await served.close()
})

function bearer({ headers }: Request): string | null {
  return /^Bearer (\w+)$/.exec(headers.get('Authorization') ?? '')?.[1] ?? null
}

const client = (headers: Readonly<Record<string, string>> = ADA, url = served.url): ReturnType<typeof createClient> =>
  createClient(url, { headers, host: overWebSocket({ WebSocket: Counted }) })

async function entriesOf(source: AsyncIterable<Entry>): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of source) entries.push(entry)
  return entries
}

test('runs are started, read to their ends and cancelled over one socket', async () => {
  const millrace = client()
  const [first, second] = await Promise.all([millrace.start('answer', 1), millrace.start('answer', 2)])
  const reading = entriesOf(first.follow())
  script.say('one ', 'two')
  const texts: string[] = []
  const text = (async () => {
    for await (const piece of second.text()) texts.push(piece)
  })()
  await vi.waitUntil(() => texts.join('') === 'one two')
  expect(await second.cancel()).toBeTypeOf('string')
  await text
  expect((await second.result).status).toBe('cancelled')
  script.end('done')
  const entries = await reading
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_entry, index) => index + 1))
  expect(await first.result).toMatchObject({ status: 'completed', result: 'done' })
  expect(sockets).toHaveLength(1)
})

test('cut at every message and resumed, a follow gives the same entries', async () => {
  const log = await Log.begin(server.store)
  for (const word of ['a', 'b', 'c', 'd']) await log.say(word, { type: 'status', status: word })
  await log.end()
  const whole = await entriesOf(client().open(log.run).follow())
  const messages = await messagesOf(log.run)
  expect(messages).toBeGreaterThan(2)
  for (let cut = 1; cut <= messages; cut += 1) {
    let heard = 0
    Counted.heard = () => {
      heard += 1
      if (heard === cut) sockets.at(-1)?.terminate()
    }
    const opened = sockets.length
    expect(await entriesOf(client().open(log.run).follow())).toEqual(whole)
    expect(sockets.length).toBeGreaterThan(opened)
  }
})

async function messagesOf(run: string): Promise<number> {
  let count = 0
  Counted.heard = () => (count += 1)
  await entriesOf(client().open(run).follow())
  return count
}

test.each(['auth', 'ready', 'following', 'frames'])('a socket that is silent after `%s` is given up, and the follow goes on over another one', async (type) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const log = await Log.begin(server.store)
  await log.say('a')
  Counted.heard = (data) => {
    if ((JSON.parse(data) as { readonly type: string }).type === type) sockets[0]?.pause()
  }
  const reading = entriesOf(client().open(log.run).follow())
  // Meanwhile the clock runs 50 ms a look, so the attempt has begun well before the newest word came.
  await vi.waitUntil(() => sockets[0]?.isPaused)
  // Two heartbeats and some, and the jitter of the next attempt.
  await vi.advanceTimersByTimeAsync(41_000)
  await vi.waitUntil(() => sockets.length > 1)
  await log.say('b')
  await log.end()
  const entries = await reading
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_entry, index) => index + 1))
  expect(entries.at(-1)?.type).toBe('end')
  expect(sockets).toHaveLength(2)
})

test('a run is followed across a restart of its server', async () => {
  const log = await Log.begin(server.store)
  const run = client().open(log.run)
  const entries: Entry[] = []
  const reading = (async () => {
    for await (const entry of run.follow()) entries.push(entry)
  })()
  await log.say('one ')
  await vi.waitUntil(() => entries.length === 3)
  await served.close()
  expect(sockets[0]?.readyState).toBe(WebSocket.CLOSED)
  await log.say('two')
  served = await serve(server.app, { port: served.port })
  await log.end()
  await reading
  expect(entries.flatMap((entry) => (entry.type === 'delta' ? [(entry as { text: string }).text] : []))).toEqual(['one ', 'two'])
  expect(sockets.length).toBeGreaterThan(1)
})

test('a run of somebody else is not there, and nobody is not let in', async () => {
  const log = await Log.begin(server.store, 'bob')
  await log.end()
  await expect(entriesOf(client().open(log.run).follow())).rejects.toMatchObject({ code: 'not_found' })
  await expect(client().open(log.run).cancel()).rejects.toMatchObject({ code: 'not_found' })
  await expect(client({}).start('answer', null)).rejects.toMatchObject({ code: 'unauthorized' })
  await expect(client({ Authorization: 'Bearer !' }).start('answer', null)).rejects.toMatchObject({ code: 'unauthorized' })
})

test('clients of one host each act in their own name, also at once and when one changes its token', async () => {
  const host = overWebSocket({ WebSocket: Counted })
  const [ada, bob] = [await Log.begin(server.store, 'ada'), await Log.begin(server.store, 'bob')]
  await Promise.all([ada.end(), bob.end()])
  let name = 'ada'
  const changing = createClient(served.url, { host, headers: () => ({ Authorization: `Bearer ${name}` }) })
  const others = createClient(served.url, { host, headers: { Authorization: 'Bearer bob' } })
  const outcome = (of: typeof others, { run }: Log): Promise<unknown> =>
    entriesOf(of.open(run).follow()).then((entries) => entries.at(-1)?.type, (error: unknown) => (error as { readonly code: unknown }).code)
  expect(await Promise.all([outcome(changing, ada), outcome(changing, bob), outcome(others, ada), outcome(others, bob)])).toEqual(['end', 'not_found', 'not_found', 'end'])
  expect(sockets).toHaveLength(2)
  name = 'bob'
  expect(await Promise.all([outcome(changing, ada), outcome(changing, bob)])).toEqual(['not_found', 'end'])
  expect(sockets).toHaveLength(2)
  const { id } = await others.start('answer', 1)
  expect((await server.store.find(id))?.principal).toBe('bob')
})

test('whom the upgrade names is not who acts where the client has a token of somebody else', async () => {
  class OfAda extends Counted {
    constructor(url: string) {
      super(url, ADA)
    }
  }
  const host = overWebSocket({ WebSocket: OfAda })
  const log = await Log.begin(server.store, 'ada')
  await log.end()
  const by = (headers: Readonly<Record<string, string>>): ReturnType<typeof entriesOf> => entriesOf(createClient(served.url, { host, headers }).open(log.run).follow())
  expect((await by({})).at(-1)?.type).toBe('end')
  expect((await by(ADA)).at(-1)?.type).toBe('end')
  await expect(by({ Authorization: 'Bearer bob' })).rejects.toMatchObject({ code: 'forbidden' })
})

test('who leaves a loop leaves the follow, and the next one begins on the same socket', async () => {
  const log = await Log.begin(server.store)
  await log.say('a')
  const run = client().open(log.run)
  for await (const _entry of run.follow()) break
  await log.end()
  expect((await entriesOf(run.follow())).at(-1)?.type).toBe('end')
  expect(sockets).toHaveLength(1)
})

test('who aborts a follow that waits for the run is let go at once, and may follow again', async () => {
  const log = await Log.begin(server.store)
  const run = client().open(log.run)
  const leaving = new AbortController()
  const source = run.follow({ signal: leaving.signal })
  await source.next()
  const waiting = source.next()
  leaving.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await log.end()
  expect((await entriesOf(run.follow())).at(-1)?.type).toBe('end')
  expect(sockets).toHaveLength(1)
})

test('a reader that does not read is sent no more than it has room for, and all once it reads', async () => {
  const log = await Log.begin(server.store)
  for (let at = 0; at < 128; at += 1) await log.say('x'.repeat(128 * 1024))
  await log.end()
  const run = client().open(log.run)
  const source = run.follow()
  await source.next()
  const [socket] = sockets
  await vi.waitUntil(() => (socket?.received ?? 0) > 256 * 1024)
  // What a server sends in answer to a message comes after all it sent before.
  await run.cancel()
  // Of 16 MiB: its room, and what the kernel had on the way when it said that it is full.
  expect(socket!.received).toBeLessThan(8 * 1024 * 1024)
  expect((await entriesOf(source)).at(-1)?.type).toBe('end')
})

test('what is too large for a message goes over HTTP', async () => {
  const run = await client().start('answer', 'x'.repeat(100_000))
  expect(run.id).toBeTypeOf('string')
  expect(sockets).toHaveLength(0)
})

test.each(['426 by a server without WebSockets', '404 by something before it'])('refused a socket with %s, everything goes over HTTP', async (refusal) => {
  const plain = createServer(toNodeHandler(server.app))
  if (refusal.startsWith('404')) plain.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n'))
  plain.listen(0, '127.0.0.1')
  await vi.waitUntil(() => plain.listening)
  const millrace = client(ADA, `http://127.0.0.1:${String((plain.address() as AddressInfo).port)}`)
  const run = await millrace.start('answer', 1)
  const reading = entriesOf(run.follow())
  script.say('one')
  expect(await run.cancel()).toBeTypeOf('string')
  expect((await reading).at(-1)).toMatchObject({ type: 'end', status: 'cancelled' })
  expect(sockets.length).toBeGreaterThan(0)
  plain.close()
  plain.closeAllConnections()
})

test('where there is no WebSocket, what to install is said', () => {
  vi.stubGlobal('WebSocket', undefined)
  expect(() => overWebSocket()).toThrow(expect.objectContaining({ code: 'missing_package' }))
  vi.unstubAllGlobals()
})

test('a resume at the end says so at once', async () => {
  const log = await Log.begin(server.store)
  await log.end()
  const run = client().open(log.run)
  const batches = run.batches()
  while (!(await batches.next()).done);
  expect(await entriesOf(run.follow({ after: batches.cursor }))).toEqual([])
})
