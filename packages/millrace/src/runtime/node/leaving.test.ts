import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../../test/support/app.ts'
import { Log } from '../../../../../test/support/log.ts'
import { head, RawClient } from '../../../../../test/support/socket.ts'
import { toNodeHandler } from './handler.ts'

let app: TestApp
let log: Log
let server: Server
let seen: (request: Request) => void

beforeEach(async () => {
  app = testApp()
  log = await Log.begin(app.store)
  server = createServer(toNodeHandler({
    fetch: (request) => {
      seen(request)
      return app.app.fetch(request)
    },
  }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  await app.app.close()
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
})

async function reader(): Promise<RawClient> {
  const client = new RawClient((server.address() as AddressInfo).port)
  client.send(head(`GET /runs/${log.run} HTTP/1.1`, { Accept: 'text/event-stream' }))
  await client.until('"start"')
  return client
}

function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

test('a stream keeps neither its request nor the signal that tells of leaving', async () => {
  const asked: WeakRef<object>[] = []
  seen = (request) => asked.push(new WeakRef(request), new WeakRef(request.signal))
  const clients = await Promise.all(Array.from({ length: 5 }, reader))
  const collect = collector()
  // The newest may still lie in a register; the others are let go of.
  await vi.waitUntil(() => {
    collect()
    return asked.filter((one) => one.deref() === undefined).length >= 8
  }, { timeout: 10_000 })
  await log.say('one ')
  await Promise.all(clients.map((client) => client.until('one ')))
  for (const client of clients) client.leave()
})

test('whoever keeps a request is told that its client has left, however long after', async () => {
  const kept: Request[] = []
  seen = (request) => kept.push(request)
  using client = await reader()
  const collect = collector()
  collect()
  // A weak reference holds what it refers to until the turn is over.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(kept[0]!.signal.aborted).toBe(false)
  client.leave()
  await vi.waitUntil(() => kept[0]!.signal.aborted)
  expect(kept[0]!.signal.reason).toMatchObject({ name: 'AbortError' })
})

test('a reader that has room is not listened to', async () => {
  seen = () => undefined
  const drains: number[] = []
  server.on('connection', (socket) => {
    const closed = (): void => void drains.push(socket.listenerCount('drain'))
    socket.once('data', closed)
    socket.once('close', closed)
  })
  using client = await reader()
  client.leave()
  await vi.waitUntil(() => drains.length === 2)
  // Node's own alone.
  expect(drains[1]).toBe(drains[0])
})
