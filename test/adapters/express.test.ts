import { createServer } from 'node:http'
import compress from 'compression'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { createMillrace, memory } from 'millrace'
import { compression, toNodeHandler } from 'millrace/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { posting } from '../support/app.ts'
import { Arriving } from '../support/arriving.ts'
import { Script } from '../support/script.ts'
import { listening, type Host } from './hosts.ts'

let script: Script
let millrace: ReturnType<typeof createApp>
let app: Express
let host: Host

function createApp(answer: Script['kind'], codings: typeof compression) {
  return createMillrace({ store: memory(), runs: { answer }, authenticate: () => 'ada', compress: codings })
}

beforeEach(async () => {
  script = new Script()
  script.say('said ')
  millrace = createApp(script.kind, [])
  app = express()
  host = await listening(createServer(app))
})

afterEach(async () => {
  await millrace.close()
  await host.close()
})

const start = (init: RequestInit): Promise<Response> => fetch(`${host.url}/runs/answer`, init)

async function expectSteps(body: Arriving): Promise<void> {
  for (let n = 0; n < 10; n += 1) {
    script.say(`token ${String(n)} `)
    await body.until(`token ${String(n)} `)
  }
  script.end()
  await body.toEnd()
}

test.each([
  ['express.json()', express.json(), posting({ message: 'hé' })],
  ['express.text()', express.text({ type: '*/*' }), posting({ message: 'hé' })],
  ['express.raw()', express.raw({ type: '*/*' }), posting({ message: 'hé' })],
  ['express.urlencoded()', express.urlencoded({ extended: true }), { method: 'POST', body: new URLSearchParams({ message: 'hé' }) }],
])('what %s has read before is read all the same', async (_name, parser, init) => {
  script.end()
  app.use(parser, toNodeHandler(millrace))
  const response = await start({ ...init, headers: { ...init.headers as Record<string, string>, Accept: 'application/json' } })
  expect(await response.json()).toMatchObject({ status: 'completed', input: { message: 'hé' } })
})

test('a body that is gone is refused with what to do', async () => {
  app.use((request, _response, next) => {
    request.once('end', () => { next() }).resume()
  }, toNodeHandler(millrace))
  const response = await start(posting({ message: 'x' }))
  expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({
    code: 'invalid_request', detail: 'Something before this handler has read the body. Mount Millrace before the body parser.',
  })])
  const empty = await start({ method: 'POST', headers: { 'Content-Type': 'application/json' } })
  expect(await empty.json()).toMatchObject({ detail: 'The request has no body. Send JSON or a form.' })
})

test('body parsers after it get what is not for Millrace', async () => {
  app.use(toNodeHandler(millrace), express.json())
  app.post('/echo', (request, response) => { response.send(request.body) })
  const large = { text: 'x'.repeat(90_000) }
  expect(await (await fetch(`${host.url}/echo`, posting(large))).json()).toEqual(large)
})

test('the compression package leaves a stream alone, because it says no-transform', async () => {
  app.use(compress({ threshold: 0 }), toNodeHandler(millrace))
  app.get('/page', (_request, response) => { response.send('words '.repeat(1_000)) })
  expect((await fetch(`${host.url}/page`)).headers.get('Content-Encoding')).toMatch(/./)
  const response = await start(posting(null))
  expect(response.headers.get('Content-Encoding')).toBeNull()
  await expectSteps(new Arriving(response))
})

test('the compression package does not pack again what Millrace has packed', async () => {
  const packing = createApp(script.kind, compression)
  app.use(compress({ threshold: 0 }), toNodeHandler(packing))
  const response = await start(posting(null))
  expect(response.headers.get('Content-Encoding')).toBe('gzip')
  await expectSteps(new Arriving(response))
  await packing.close()
})

test('mounted below a path, it needs no base', async () => {
  app.use('/api', toNodeHandler(millrace))
  app.get('/api/hello', (_request, response) => { response.send('hello') })
  const response = await fetch(`${host.url}/api/runs/answer`, posting(null))
  await expectSteps(new Arriving(response))
  const run = await fetch(`${host.url}/api/runs/${response.headers.get('Millrace-Run')!}`)
  expect(await run.json()).toMatchObject({ status: 'completed' })
  expect(await (await fetch(`${host.url}/api/hello`)).text()).toBe('hello')
})

test('what throws goes to the host’s own error handler', async () => {
  const answer: ErrorRequestHandler = (error: Error, _request, response, _next) => {
    response.status(503).send(`handled: ${error.message}`)
  }
  app.use(toNodeHandler({ fetch: () => Promise.reject(new Error('broken')) }), answer)
  const response = await start(posting(null))
  expect([response.status, await response.text()]).toEqual([503, 'handled: broken'])
})
