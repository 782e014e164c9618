import Fastify from 'fastify'
import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'
import { toNodeHandler } from '../runtime/node/handler.ts'
import { serve } from '../runtime/node/serve.ts'
import { Arriving } from '../../../../test/support/arriving.ts'
import { PublicError } from '../event/error.ts'
import { createMillrace } from '../server/app.ts'
import { anyone } from '../server/authenticate.ts'
import { createProgressTracker } from '../server/progress/tracker.ts'
import { workflow } from '../server/progress/workflow.ts'
import { memory } from '../store/memory.ts'
import { createStreamingEndpoint } from './endpoint.ts'

const logger = { warn: () => undefined, error: () => undefined }

/** Dependencies that say when they are made and closed. */
class Made {
  readonly said: string[] = []

  provider = (name: string) => (): { readonly name: string; close(): void } => {
    this.said.push(`+${name}`)
    return { name, close: () => void this.said.push(`-${name}`) }
  }
}

async function* words(text: string): AsyncGenerator<string> {
  for (const word of text.split(' ')) yield `${word} `
}

function echo(made = new Made()): ReturnType<typeof createStreamingEndpoint> {
  return createStreamingEndpoint({
    path: '/chat',
    processor: ({ message }, { ai }) => words(`${ai.name}: ${message as string}`),
    dependencies: { ai: made.provider('ai'), log: made.provider('log') },
    logger,
  })
}

const post = (init: RequestInit, path = '/chat'): Request => new Request(`http://localhost${path}`, { method: 'POST', ...init })
const json = (value: unknown, headers = {}): RequestInit => ({ body: JSON.stringify(value), headers: { 'Content-Type': 'application/json', ...headers } })
const form = new FormData()
form.set('message', 'hello there')

test.each([['JSON', json({ message: 'hello there' })], ['a form', { body: new URLSearchParams({ message: 'hello there' }) }], ['a multipart form', { body: form }]])(
  'the answer to %s is streamed, and what was made for it is closed after it, the last first', async (_name, init) => {
    const made = new Made()
    const response = await echo(made).fetch(post(init))
    expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8')
    expect(made.said).toEqual(['+ai', '+log'])
    expect(await response.text()).toBe('ai: hello there ')
    await vi.waitFor(() => expect(made.said).toEqual(['+ai', '+log', '-log', '-ai']))
  })

test('the request says in which format', async () => {
  const response = await echo().fetch(post(json({ message: 'hi' }, { Accept: 'text/event-stream' })))
  expect(await response.text()).toBe('data: ai: \n\ndata: hi \n\n')
})

test.each([
  ['another path', post(json({}), '/other'), 404], ['another method', new Request('http://localhost/chat'), 405], ['no body', post({}), 400],
  ['no JSON', post({ body: '{', headers: { 'Content-Type': 'application/json' } }), 400], ['another type', post({ body: 'x' }), 415],
  ['another site', post(json({ message: 'x' }, { Origin: 'https://evil.example' })), 403],
  ['a format nobody has', post(json({ message: 'x' }, { Accept: 'image/png' })), 406],
  ['too much', post(json({ message: 'x'.repeat(2 ** 20) })), 413],
])('what cannot be answered is a problem: %s', async (_name, request, status) => {
  const made = new Made()
  const response = await echo(made).fetch(request)
  expect(response.status).toBe(status)
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  await vi.waitFor(() => expect(made.said.filter((one) => one.startsWith('+'))).toHaveLength(made.said.length / 2))
})

test('an input that is not accepted is told why, and makes nothing', async () => {
  const endpoint = createStreamingEndpoint({
    path: '/chat', logger, processor: (name: string) => words(name),
    input(value: unknown): string {
      if (typeof value === 'string') return value
      throw new PublicError('name', 'A name is a string.')
    },
  })
  const response = await endpoint.fetch(post(json(7)))
  expect([response.status, await response.json()]).toEqual([422, expect.objectContaining({ code: 'invalid_input', detail: 'A name is a string.' })])
  expect(await (await endpoint.fetch(post(json('ada')))).text()).toBe('ada ')
})

test('where a dependency fails, those made before it are closed, and its words are not told', async () => {
  const made = new Made()
  const endpoint = createStreamingEndpoint({
    path: '/chat', logger, processor: () => words('x'),
    dependencies: { one: made.provider('one'), two: () => Promise.reject(new Error('a secret')), three: made.provider('three') },
  })
  const response = await endpoint.fetch(post(json({})))
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret')
  expect(made.said).toEqual(['+one', '-one'])
})

test.each(['fails before its first value', 'fails after it', 'is left by its reader'])('what was made is closed also where the stream %s', async (how) => {
  const made = new Made()
  const endpoint = createStreamingEndpoint({
    path: '/chat', logger, bufferSize: 0, dependencies: { ai: made.provider('ai') },
    async *processor() {
      if (how === 'fails before its first value') throw new Error('a secret')
      yield 'x'
      if (how === 'fails after it') throw new Error('a secret')
      await new Promise(() => undefined)
    },
  })
  const response = await endpoint.fetch(post(json({})))
  if (how === 'is left by its reader') {
    const arriving = new Arriving(response)
    await arriving.until('x')
    await arriving.leave()
  } else expect(await response.text().catch(() => '')).not.toContain('secret')
  await vi.waitFor(() => expect(made.said).toEqual(['+ai', '-ai']), { timeout: 5_000 })
})

test.each([
  ['completed', 2, 'read'],
  ['failed', 1, 'break'],
  ['cancelled', 1, 'leave'],
] as const)('a stream is an item of progress where its input says of what, and ends it as it ends: %s', async (status, done, how) => {
  const app = createMillrace({ store: memory(), runs: { workflow }, authenticate: anyone })
  const tracker = createProgressTracker(app, { principal: 'anyone' })
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  const endpoint = createStreamingEndpoint<{ readonly parent?: string }>({
    path: '/chat', logger, bufferSize: 0, tracker, progress: ({ parent }) => (parent === undefined ? null : { parent, name: 'export', total: 2 }),
    async *processor() {
      yield 'warp '
      if (how === 'break') throw new PublicError('torn', 'The thread is torn.')
      yield 'weft'
    },
  })
  const response = await endpoint.fetch(post(json({ parent: cloth })))
  if (how === 'leave') {
    const arriving = new Arriving(response)
    await arriving.until('warp')
    await arriving.leave()
  } else await response.text().catch(() => '')
  await vi.waitFor(async () => expect((await tracker.getSnapshot(cloth)).items[1]).toMatchObject({ name: 'export', status, done, total: 2, parent: cloth }))
  await (await endpoint.fetch(post(json({})))).text().catch(() => '')
  expect((await tracker.getSnapshot(cloth)).items).toHaveLength(2)
  await app.close()
})

test('progress without a tracker is refused when the endpoint is made', () => {
  expect(() => createStreamingEndpoint({ path: '/chat', processor: () => [], progress: () => null })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

test('mounted in Hono and served by Node, it answers as by itself', async () => {
  const endpoint = echo()
  const hono = new Hono()
  hono.post(endpoint.path, (context) => endpoint.fetch(context.req.raw))
  const server = await serve(hono, { port: 0 })
  try {
    const response = await fetch(`${server.url}/chat`, { method: 'POST', body: form })
    expect(await response.text()).toBe('ai: hello there ')
  } finally {
    await server.close()
  }
})

test('as middleware it leaves all other paths to the host, in whose own words they are answered', async () => {
  const handle = toNodeHandler(echo())
  const fastify = Fastify()
  fastify.addHook('onRequest', (request, reply, done) => handle(request.raw, reply.raw, done))
  fastify.get('/', () => 'home')
  const at = await fastify.listen({ port: 0 })
  try {
    expect(await (await fetch(at)).text()).toBe('home')
    expect(await (await fetch(`${at}/chat`, { method: 'POST', body: form })).text()).toBe('ai: hello there ')
  } finally {
    await fastify.close()
  }
})

test.each([
  ['a path without its slash', { path: 'chat', processor: () => [] }],
  ['no path', { processor: () => [] }],
  ['no processor', { path: '/chat' }],
  ['a time limit that no timer has', { path: '/chat', processor: () => [], timeLimit: Infinity }],
  ['a dependency that is a value', { path: '/chat', processor: () => [], dependencies: { ai: { chat: true } } }],
])('what can never answer is refused when it is made: %s', (_name, options) => {
  expect(() => createStreamingEndpoint(options as never)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})
