import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { posting, testApp, type TestAppOptions } from '../../../../../test/support/app.ts'
import { head, RawClient } from '../../../../../test/support/socket.ts'
import { anyone } from '../../server/authenticate.ts'
import { toNodeHandler, type FetchHandler } from './handler.ts'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  vi.unstubAllGlobals()
  for (const close of closing.splice(0)) await close()
})

const runs = {
  echo: {
    async *run({ input }: { readonly input: unknown }): AsyncGenerator<string> {
      yield JSON.stringify(input)
    },
  },
}

/** Counts the system calls that write to its sockets. */
async function served(handler: FetchHandler): Promise<{ readonly url: string; readonly port: number; readonly writes: () => number }> {
  const server = createServer(toNodeHandler(handler))
  const spies: { readonly mock: { readonly calls: readonly unknown[] } }[] = []
  server.on('connection', (socket: Socket) => spies.push(vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev' as '_write')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${String(port)}`, writes: () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0) }
}

function appWith(options: TestAppOptions = {}): FetchHandler {
  const { app } = testApp({ runs, ...options })
  closing.push(() => app.close())
  return app
}

/** By bytes, since a client's own requests would be counted too. */
async function start(port: number, body: string): Promise<string> {
  using client = new RawClient(port)
  const headers = { 'Accept': 'text/event-stream', 'Content-Type': 'application/json', 'Content-Length': String(body.length), 'Connection': 'close' }
  client.send(head('POST /runs/echo HTTP/1.1', headers) + body)
  await client.closed
  return client.received
}

test('a short run is started and read to its end in one write, without a Web request or a Web stream', async () => {
  const { port, writes } = await served(appWith({ authenticate: anyone }))
  const made = { Request: 0, ReadableStream: 0 }
  for (const name of ['Request', 'ReadableStream'] as const) {
    vi.stubGlobal(name, new Proxy(globalThis[name], {
      construct(target, args: [], as) {
        made[name] += 1
        return Reflect.construct(target, args, as) as object
      },
    }))
  }
  expect(await start(port, '{"a":1}')).toContain('"completed"')
  expect(made).toEqual({ Request: 0, ReadableStream: 0 })
  expect(writes()).toBe(1)
})

test('who says who asks is given a Web request, and may read a copy of its body before the route reads it', async () => {
  const seen: unknown[] = []
  const { port } = await served(appWith({
    async authenticate(request) {
      seen.push(request instanceof Request, request.headers.get('x-user'), await request.clone().text())
      return 'ada'
    },
  }))
  expect(await start(port, '{"a":"b"}')).toContain('"completed"')
  expect(seen).toEqual([true, 'ada', '{"a":"b"}'])
})

test('a handler around the app is given Web requests', async () => {
  const app = appWith({ authenticate: anyone })
  const seen: boolean[] = []
  const { url } = await served({
    ...app,
    fetch(request) {
      seen.push(request instanceof Request)
      return app.fetch(request)
    },
  })
  const response = await fetch(`${url}/runs/echo`, posting({ a: 1 }, { Accept: 'text/event-stream' }))
  expect(await response.text()).toContain('"completed"')
  expect(seen).toEqual([true])
})

test('a body in many pieces is read as one, and one that is too large is refused while it comes', async () => {
  const { port } = await served(appWith({ authenticate: anyone, limits: { body: 100 } }))
  using client = new RawClient(port)
  client.send(head('POST /runs/echo HTTP/1.1', { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }))
  for (const byte of JSON.stringify({ text: 'in pieces' })) client.send(`1\r\n${byte}\r\n`)
  client.send('0\r\n\r\n')
  await client.until('"completed"')
  expect(client.received).toContain('in pieces')
  client.send(head('POST /runs/echo HTTP/1.1', { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }))
  client.send(`65\r\n${'x'.repeat(101)}\r\n`)
  await client.until('"too_large"')
  // The rest is read and thrown away: the connection is still of use.
  client.send('1\r\nx\r\n0\r\n\r\n')
  client.send(head('GET /runs/nothing HTTP/1.1'))
  await client.until('"not_found"')
})

test('who leaves in the middle of a body has started nothing, and nobody is warned', async () => {
  const { app, store, logged } = testApp({ runs, authenticate: anyone })
  closing.push(() => app.close())
  const created = vi.spyOn(store, 'create')
  const server = createServer(toNodeHandler(app))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const over = new Promise((resolve) => server.once('request', (_message, answer) => answer.once('close', resolve)))
  using client = new RawClient((server.address() as AddressInfo).port)
  client.send(head('POST /runs/echo HTTP/1.1', { 'Content-Type': 'application/json', 'Content-Length': '100' }) + '{"a":')
  await new Promise((resolve) => server.once('request', resolve))
  client.leave()
  await over
  await new Promise((resolve) => setImmediate(resolve))
  expect(created).not.toHaveBeenCalled()
  expect(logged).toEqual([])
})
