import fc from 'fast-check'
import { expect, test } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { everything, Log } from '../../../../test/support/log.ts'
import { messagesIn, shownBy, type Message } from '../../../../test/support/page-messages.ts'
import { expectProblem } from '../../../../test/support/problem.ts'

async function writtenLog({ store }: TestApp): Promise<Log> {
  const log = await Log.begin(store)
  for (const said of everything) await log.say(...said)
  await log.end({ status: 'failed', error: { code: 'x', message: 'It <failed>.' } })
  return log
}

async function download(server: TestApp, log: Pick<Log, 'run'>, cursor?: string): Promise<Uint8Array> {
  const headers = { Accept: 'text/event-stream', ...(cursor === undefined ? {} : { 'Last-Event-ID': cursor }) }
  const response = await server.ask(`/runs/${log.run}?dialect=html`, { headers })
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

test('a page cut at any byte, again and again, shows the same, before and after sealing', async () => {
  await using server = testApp()
  const log = await writtenLog(server)
  const whole = messagesIn(await download(server, log))
  const cutUp = async (cuts: readonly number[]): Promise<void> => {
    const got: Message[] = []
    for (let turn = 0; got.at(-1)?.event !== 'done'; turn += 1) {
      const bytes = await download(server, log, got.at(-1)?.id)
      got.push(...messagesIn(bytes.subarray(0, cuts[turn] ?? bytes.length)))
    }
    expect(shownBy(got)).toBe(shownBy(whole))
  }
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(3_000), { maxLength: 12 }), cutUp), { numRuns: 40 })
  await log.seal()
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(3_000), { maxLength: 12 }), cutUp), { numRuns: 40 })
})

test('who comes back after the end is told of it again, since htmx does not stop on 204', async () => {
  await using server = testApp()
  const log = await writtenLog(server)
  for (const seal of [false, true]) {
    if (seal) await log.seal()
    const last = messagesIn(await download(server, log)).at(-1)
    expect(last).toMatchObject({ event: 'done', data: 'failed' })
    expect(messagesIn(await download(server, log, last?.id))).toEqual([last])
  }
})

test('a cursor that is not of this log reads from the start, where the first message wipes the page', async () => {
  await using server = testApp()
  const [log, other] = [await writtenLog(server), await writtenLog(server)]
  const whole = messagesIn(await download(server, log))
  const inside = messagesIn(await download(server, log)).find(({ id }) => id?.includes('.'))
  for (const cursor of [messagesIn(await download(server, other))[3]?.id, inside?.id?.replace(/\d+$/, '999')]) {
    expect(messagesIn(await download(server, log, cursor))).toEqual(whole)
  }
  await expectProblem(await server.ask(`/runs/${log.run}?dialect=html`, { headers: { 'Last-Event-ID': 'x' } }), 400, 'invalid_cursor')
})

test('a page is told that its run is not there, once and for all: htmx does not stop on 404 or 410', async () => {
  await using server = testApp()
  const [log, others] = [await writtenLog(server), await Log.begin(server.store, 'eve')]
  const cursor = messagesIn(await download(server, log)).at(-1)?.id
  await server.store.delete(log.run)
  const told = async (run: string, after?: string): Promise<readonly string[]> =>
    messagesIn(await download(server, { run }, after)).map(({ event, data }) => event ?? data)
  const gone = [`<div id="run-${log.run}-status" hx-swap-oob="innerHTML">This run was here; its data has expired or was deleted.</div>`, 'done']
  // What the page shows already stays.
  expect(await told(log.run, cursor)).toEqual(gone)
  expect(await told(log.run)).toEqual([expect.stringContaining(`<div id="run-${log.run}" hx-swap-oob="innerHTML"><p id="run-${log.run}-status"`), ...gone])
  const nothing = (await told('AAAAAAAAAAAAAAAAAAAAAA')).join().replaceAll('AAAAAAAAAAAAAAAAAAAAAA', others.run)
  expect((await told(others.run)).join()).toBe(nothing)
  expect(nothing).toContain('There is no such run.')
  const nobody = await server.ask(`/runs/${log.run}?dialect=html`, { headers: { Accept: 'text/event-stream', 'X-User': '' } })
  await expectProblem(nobody, 401, 'unauthorized')
  await expectProblem(await server.ask(`/runs/${log.run}`, { headers: { Accept: 'text/event-stream' } }), 410, 'gone')
})

test.each([['text/html, text/event-stream', 200], ['text/html', 406], ['application/x-ndjson', 406], ['*/*', 200]])('HTML for pages is sent as SSE only: Accept %s', async (accept, status) => {
  await using server = testApp()
  const log = await writtenLog(server)
  const response = await server.ask(`/runs/${log.run}?dialect=html`, { headers: { Accept: accept } })
  expect(response.status).toBe(status)
  if (status === 200) expect(response.headers.get('Content-Type')).toBe('text/event-stream')
  await response.body?.cancel()
})

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

function form(fields: Readonly<Record<string, string>>, accept = BROWSER): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields), headers: { Accept: accept } }
}

function echoing(): TestApp {
  return testApp({ base: '/api', runs: { echo: { run: ({ input }) => Promise.resolve(input) } } })
}

test('a form starts a run and is sent on to its page, which a reload reads again', async () => {
  await using server = echoing()
  const response = await server.ask('/api/runs/echo', form({ message: 'a & b', __proto__: 'x' }))
  expect(response.status).toBe(303)
  const place = new URL(response.headers.get('Location') ?? '', 'http://localhost/api/runs/echo').pathname
  expect(place).toMatch(/^\/api\/runs\/[\w-]{22}$/)
  const page = await server.ask(place, { headers: { Accept: BROWSER } })
  expect(page.headers.get('Content-Security-Policy')).toContain(`default-src 'none'`)
  expect(await page.text()).toMatch(/^<!doctype html>.*Finished\.<\/p><\/main><\/body><\/html>\n$/s)
  expect(await (await server.ask(place)).json()).toMatchObject({ input: { message: 'a & b' } })
})

test('a form that was sent twice starts one run: its key is a field, and no part of the input', async () => {
  await using server = echoing()
  const send = async (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<string> => {
    const response = await server.ask('/api/runs/echo', { ...form(fields), headers: { Accept: BROWSER, ...headers } })
    expect(response.status).toBe(303)
    return response.headers.get('Location') ?? ''
  }
  const fields = { 'idempotency-key': 'k1', message: 'a' }
  const first = await send(fields)
  expect(await send(fields)).toBe(first)
  expect(await (await server.ask(`/api/runs/${first}`)).json()).toMatchObject({ input: { message: 'a' } })
  const others = [
    await send({ ...fields, 'idempotency-key': 'k2' }), await send({ message: 'a' }), await send({ message: 'a' }),
    // The page it was sent from was gone back to.
    await send({ ...fields, message: 'b' }),
    await send(fields, { 'X-User': 'eve' }),
    await send(fields, { 'Idempotency-Key': 'k1' }),
  ]
  expect(new Set([first, ...others]).size).toBe(7)
  expect(await send({ ...fields, 'idempotency-key': 'other' }, { 'Idempotency-Key': 'k1' })).toBe(others[5])
})

test('a form’s key is checked as the header is, and in JSON it is the application’s own', async () => {
  await using server = echoing()
  for (const key of ['', 'a b', 'ü', 'x'.repeat(256)]) {
    await expectProblem(await server.ask('/api/runs/echo', form({ 'idempotency-key': key }, 'text/event-stream')), 400, 'invalid_request', /Idempotency-Key/)
  }
  const reply = await server.ask('/api/runs/echo', posting({ 'idempotency-key': 'a b' }, { Accept: 'application/json' }))
  expect(await reply.json()).toMatchObject({ input: { 'idempotency-key': 'a b' } })
})

test('a form of many parts is one too; files are not taken, nor what is no form', async () => {
  await using server = echoing()
  const parts = new FormData()
  parts.append('__proto__', 'a\r\nb')
  const reply = await server.ask('/api/runs/echo', { method: 'POST', body: parts, headers: { Accept: 'application/json' } })
  expect(await reply.text()).toContain(String.raw`"input":{"__proto__":"a\r\nb"}`)
  parts.append('file', new Blob(['x']), 'x.txt')
  await expectProblem(await server.ask('/api/runs/echo', { method: 'POST', body: parts }), 415, 'unsupported_media_type', /files/)
  const broken = { method: 'POST', body: 'x', headers: { 'Content-Type': 'multipart/form-data; boundary=y' } }
  await expectProblem(await server.ask('/api/runs/echo', broken), 400, 'invalid_request', /form/)
})

test('a page’s stop button cancels and leads back to the page', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  const response = await server.ask(`/runs/${log.run}/signals`, form({ type: 'cancel' }))
  expect([response.status, response.headers.get('Location')]).toEqual([303, `../${log.run}`])
  expect(new URL(`../${log.run}`, `http://localhost/api/runs/${log.run}/signals`).pathname).toBe(`/api/runs/${log.run}`)
})

test('a page tells what a restart made void, and of a failure in its public words, and ends whole', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  await log.say('old <b>')
  await log.takeOver()
  await log.beginAnew(2)
  await log.say('new')
  await log.end({ status: 'failed', error: { code: 'x', message: 'It <failed>.' } })
  const page = await (await server.ask(`/runs/${log.run}`, { headers: { Accept: BROWSER } })).text()
  expect(page).toMatch(/old &lt;b&gt;<\/div>.*anew.*<hr><div class="text">new<\/div><\/article>.*It &lt;failed&gt;\./s)
})

test('a page whose server goes away looks cut', async () => {
  const server = testApp()
  const log = await Log.begin(server.store)
  await log.say('half')
  const page = await server.ask(`/runs/${log.run}`, { headers: { Accept: BROWSER } })
  const read = page.text()
  await server.app.close()
  await expect(read).rejects.toThrow()
})
