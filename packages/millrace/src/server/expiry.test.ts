import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { Arriving } from '../../../../test/support/arriving.ts'
import { Log } from '../../../../test/support/log.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { Script } from '../../../../test/support/script.ts'
import { head, RawClient } from '../../../../test/support/socket.ts'
import { createClient } from '../client/index.ts'
import { serve, type Served } from '../runtime/node/serve.ts'
import type { Authenticate } from './authenticate.ts'

/** A token that says until when it holds: `X-User: ada;1234`. */
const authenticate: Authenticate = (request) => {
  const [principal = '', until] = (request.headers.get('X-User') ?? '').split(';')
  return until === undefined ? principal : { principal, expiresAt: Number(until) }
}
const SSE = { Accept: 'text/event-stream' }
const soon = (): string => `ada;${String(Date.now() + 1_000)}`

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  server = testApp({ runs: { answer: script.kind }, authenticate, limits: { streams: 1 } })
  served = await serve(server.app, { port: 0 })
})
afterEach(async () => {
  await server.app.close()
  await served.close()
})

test.each(['', '0', 'never', 'NaN'])('a token that has run out, or says nonsense of its time, is nobody’s: %s', async (until) => {
  await expectProblem(await server.ask('/runs', { headers: { 'X-User': `ada;${until}` } }), 401, 'unauthorized')
})

test('a Web body is cut when its token runs out, gives its place back, and the log goes on', async () => {
  const log = await Log.begin(server.store)
  const arriving = new Arriving(await server.ask(`/runs/${log.run}`, { headers: { ...SSE, 'X-User': soon() } }))
  await log.say('before')
  await expect(arriving.toEnd()).rejects.toThrow()
  expect(arriving.text).toContain('before')
  // The one place there is: it was given back, by the stream that nobody had begun to read as well.
  const unread = await server.ask(`/runs/${log.run}`, { headers: { ...SSE, 'X-User': soon() } })
  await expectProblem(await server.ask(`/runs/${log.run}`, { headers: SSE }), 429, 'too_many_streams')
  await log.end()
  const again = await vi.waitUntil(async () => {
    const response = await server.ask(`/runs/${log.run}`, { headers: SSE })
    return response.status === 200 ? response : null
  }, { timeout: 10_000 })
  expect(await again.text()).toContain('"type":"end"')
  await expect(unread.text()).rejects.toThrow()
  expect(server.logged).toEqual([])
})

test('a socket is cut without the last chunk when its token runs out', async () => {
  const log = await Log.begin(server.store)
  using client = new RawClient(served.port)
  client.send(head(`GET /runs/${log.run} HTTP/1.1`, { ...SSE, 'X-User': soon() }))
  await client.closed
  expect(client.received).toContain('"type":"start"')
  expect(client.received).not.toContain('\r\n0\r\n\r\n')
})

test('a part of a run is cut when its token runs out, and gives its place back', async () => {
  const log = await Log.begin(server.store)
  for (let n = 0; n < 10; n += 1) await log.say(`${String(n)}${'x'.repeat(50_000)}`)
  await log.end()
  const text = { Accept: 'text/plain', Range: 'bytes=1-' }
  const part = await server.ask(`/runs/${log.run}`, { headers: { ...text, 'X-User': soon() } })
  expect(part.status).toBe(206)
  const arriving = new Arriving(part)
  await arriving.until('x')
  await expectProblem(await server.ask(`/runs/${log.run}`, { headers: text }), 429, 'too_many_streams')
  const again = await vi.waitUntil(async () => {
    const response = await server.ask(`/runs/${log.run}`, { headers: text })
    return response.status === 206 ? response : null
  }, { timeout: 10_000 })
  await expect(arriving.toEnd()).rejects.toThrow()
  expect((await again.text()).length).toBe(500_009)
  expect(server.logged).toEqual([])
})

test('a client goes on with its new token, and neither misses nor doubles anything', async () => {
  const log = await Log.begin(server.store)
  let asked = 0
  const client = createClient(`http://127.0.0.1:${String(served.port)}`, {
    headers: () => {
      asked += 1
      return { 'X-User': soon() }
    },
  })
  const run = client.open(log.run)
  const said: string[] = []
  await log.say('0 ')
  for await (const text of run.text()) {
    said.push(text)
    const before = asked
    if (said.length === 3) await log.end()
    else {
      void (async () => {
        while (asked === before) await new Promise((resolve) => setImmediate(resolve))
        await log.say(`${String(said.length)} `)
      })()
    }
  }
  expect(said.join('')).toBe('0 1 2 ')
  expect(asked).toBeGreaterThan(2)
})

test('who waits for the end with a token that runs out is told so, and the run goes on', async () => {
  const waiting = server.ask('/runs/answer', posting('x', { Accept: 'application/json', 'X-User': soon(), 'Idempotency-Key': 'k' }))
  await expectProblem(await waiting, 401, 'unauthorized')
  script.say('hello')
  script.end()
  const again = await server.ask('/runs/answer', posting('x', { Accept: 'application/json', 'Idempotency-Key': 'k' }))
  expect(await again.json()).toMatchObject({ status: 'completed', text: 'hello' })
  expect(script.starts).toBe(1)
})
