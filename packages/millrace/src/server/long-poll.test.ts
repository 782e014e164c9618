import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { Log } from '../../../../test/support/log.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import type { SnapshotReply } from '../protocol/wire.ts'

let server: TestApp
let log: Log

beforeEach(async () => {
  server = testApp({ limits: { streams: 2, wait: 60_000 } })
  log = await Log.begin(server.store)
})
afterEach(() => server.app.close())

const ask = (query: string, init: RequestInit = {}): Promise<Response> => server.ask(`/runs/${log.run}?${query}`, init)
async function poll(after: string, wait = 30): Promise<SnapshotReply> {
  return (await ask(`wait=${String(wait)}&after=${after}`)).json() as Promise<SnapshotReply>
}

test('poll after poll, each goes on from the last one’s cursor until the end, and sees all that is said', async () => {
  let { cursor } = await poll('')
  const words = ['one ', 'two ', 'three ']
  let text = ''
  for (const word of words) {
    const next = poll(cursor)
    await log.say(word)
    const reply = await next
    text += word
    expect([reply.text, reply.status, reply.cursor === cursor]).toEqual([text, 'running', false])
    cursor = reply.cursor
  }
  // What came in between is answered at once, also under another lease.
  await log.takeOver()
  await log.say('four')
  const fourth = await poll(cursor)
  expect(fourth.text).toBe(`${text}four`)
  const last = poll(fourth.cursor)
  await log.end()
  const end = await last
  expect(end.status).toBe('completed')
  // Nobody waits for what cannot come; and the cursor is one that a stream goes on from.
  expect(await poll(end.cursor)).toEqual(end)
  const stream = await server.ask(`/runs/${log.run}?after=${fourth.cursor}`, { headers: { Accept: 'application/x-ndjson' } })
  expect(await stream.text()).toContain('"type":"end"')
})

test('a wait in which nothing comes is answered with what there is, no later than the limit', async () => {
  await using hasty = testApp({ store: server.store, limits: { wait: 1_000 } })
  const { cursor } = await poll('')
  const reply = await hasty.ask(`/runs/${log.run}?wait=900000&after=${cursor}`)
  expect(await reply.json()).toMatchObject({ status: 'running', cursor })
})

test('who waits takes a place, and gives it back by leaving', async () => {
  const { cursor } = await poll('')
  const leaving = new AbortController()
  const left = ask(`wait=50&after=${cursor}`, { signal: leaving.signal })
  const stays = poll(cursor)
  await vi.waitUntil(async () => (await ask(`wait=1&after=${cursor}`)).status === 429, { interval: 10 })
  leaving.abort()
  expect((await left).status).toBe(503)
  const next = ask(`wait=50&after=${cursor}`)
  await log.say('x')
  expect([(await next).status, (await stays).text]).toEqual([200, 'x'])
})

test('a wait ends with its caller’s token, and with this server', async () => {
  const expiresAt = Date.now() + 1_500
  await using brief = testApp({ store: server.store, authenticate: () => ({ principal: 'ada', expiresAt }) })
  const { cursor } = await poll('')
  expect(await (await brief.ask(`/runs/${log.run}?wait=30&after=${cursor}`)).json()).toMatchObject({ cursor })
  const cut = ask(`wait=30&after=${cursor}`)
  await vi.waitUntil(async () => (await Promise.all([ask(`wait=1&after=${cursor}`), ask(`wait=1&after=${cursor}`)])).some(({ status }) => status === 429), { timeout: 10_000 })
  await server.app.close()
  await expectProblem(await cut, 503, 'closed')
})

test('a cursor of another log is reset, and a wait that is no number refused', async () => {
  await expectProblem(await ask('wait=1&after=00000000-1'), 409, 'reset')
  await expectProblem(await ask('wait=1&after=x'), 400, 'invalid_cursor')
  for (const wait of ['-1', '1.5', 'NaN', '1e9', '99999999']) await expectProblem(await ask(`wait=${wait}`), 400, 'invalid_request', /seconds/)
  // Without a wait the place does not matter.
  expect((await ask('after=00000000-1')).status).toBe(200)
})
