import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { anthropic, PublicError } from '../../packages/millrace/src/index.ts'
import { compression, serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { posting, testApp, type TestApp } from '../support/app.ts'
import { Arriving } from '../support/arriving.ts'
import { engine } from '../support/engines.ts'
import { ACCEPTS, framesIn, said, type Framing } from '../support/frames.ts'
import { proxyTo } from '../support/nginx.ts'
import type { Proxy } from '../support/reverse-proxy.ts'
import { Script } from '../support/script.ts'
import { TestSocket } from '../support/web-socket.ts'

let script: Script
let server: TestApp
let served: Served
let proxy: Proxy | undefined

afterEach(async () => {
  await proxy?.[Symbol.asyncDispose]()
  await server.app.close()
  await served.close()
})

async function ask(accept: string, path = '/runs/answer'): Promise<{ response: Response; body: Arriving }> {
  const response = await fetch(proxy!.url + path, posting(null, { Accept: accept, 'Accept-Encoding': 'gzip' }))
  expect(response.status).toBe(200)
  return { response, body: new Arriving(response) }
}

describe.each([
  { version: '1.0', packs: 'the proxy', codings: [], gzip: 'on' },
  { version: '1.1', packs: 'the proxy', codings: [], gzip: 'on' },
  { version: '1.0', packs: 'the origin', codings: compression, gzip: 'off' },
  // Either could: what came packed is not packed again.
  { version: '1.1', packs: 'the origin', codings: compression, gzip: 'on' },
] as const)('an origin in HTTP/$version, where $packs compresses and gzip of the proxy is $gzip', ({ version, codings, gzip }) => {
  beforeEach(async (context) => {
    const program = engine('nginx', context)
    script = new Script()
    const chat = { kind: 'answer', dialect: anthropic, input: () => null }
    server = testApp({
      runs: { answer: script.kind }, routes: { '/chat': chat }, authenticate: () => 'ada', limits: { streams: 2 }, compress: codings,
    })
    served = await serve(server.app, { port: 0 })
    proxy = await proxyTo(program, served.port, version, gzip)
  })

  test.each(['text/event-stream', 'application/x-ndjson', 'text/plain'])('every token of %s has passed the proxy before the next is said', async (accept) => {
    script.say('token 0 ')
    const { response, body } = await ask(accept)
    // That it is packed on its way, and once, is what makes this hard.
    expect(response.headers.get('Content-Encoding')).toBe('gzip')
    for (let n = 1; n < 20; n += 1) {
      await body.until(`token ${String(n - 1)} `)
      expect(body.text).not.toContain(`token ${String(n)} `)
      script.say(`token ${String(n)} `)
    }
    script.end()
    await body.toEnd()
    expect(body.text).toContain('token 19 ')
  })

  test.each(['text/event-stream', 'application/x-ndjson', 'text/plain'])('a cut of %s is a cut behind the proxy too, and never a clean end', async (accept) => {
    script.say('so far')
    const { body } = await ask(accept)
    await body.until('so far')
    await server.app.close()
    await expect(body.toEnd()).rejects.toThrow()
  })

  test('a run that failed is cut in plain text', async () => {
    script.say('so far')
    script.fail(new PublicError('no_model', 'The model is not there.'))
    const { body } = await ask('text/plain')
    await expect(body.toEnd()).rejects.toThrow()
  })

  test.each(['/runs/answer', '/chat'])('heartbeats pass while nothing is said: %s', async (path) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { body } = await ask('text/event-stream', path)
      await body.until('start')
      vi.advanceTimersByTime(16_000)
      await body.until(path === '/chat' ? 'event: ping' : '\n:\n')
      await body.leave()
    } finally {
      vi.useRealTimers()
    }
  })

  test.each<Framing>(['sse', 'ndjson'])('who was cut resumes through the proxy: %s', async (framing) => {
    script.say('one ', 'two ')
    const { response, body } = await ask(ACCEPTS[framing])
    await body.until('two ')
    await body.leave()
    const frames = framesIn(body.bytes, framing)
    script.say('three ')
    script.end()
    const resumed = await fetch(`${proxy!.url}/runs/${response.headers.get('Millrace-Run')!}`, {
      headers: { Accept: ACCEPTS[framing], 'Last-Event-ID': frames.at(-1)!.cursor! },
    })
    const rest = framesIn(new Uint8Array(await resumed.arrayBuffer()), framing)
    expect(said([...frames, ...rest])).toContainEqual({ key: '0 text 0', value: 'one two three ' })
    expect(rest.at(-1)?.data).toMatchObject({ type: 'end', status: 'completed' })
  })

  test('whoever leaves the proxy gives its place at the server back', async () => {
    const [first] = [await ask('text/event-stream'), await ask('text/event-stream')]
    const third = (): Promise<Response> => fetch(`${proxy!.url}/runs/answer`, posting(null, { Accept: 'text/event-stream' }))
    expect((await third()).status).toBe(429)
    await first.body.leave()
    await vi.waitUntil(async () => (await third()).status === 200)
  })
})

test('a WebSocket passes the proxy token by token, and its end is told', async (context) => {
  const program = engine('nginx', context)
  script = new Script()
  server = testApp({ runs: { answer: script.kind } })
  served = await serve(server.app, { port: 0 })
  proxy = await proxyTo(program, served.port, '1.1')
  await using socket = await TestSocket.open(proxy.url)
  socket.say({ type: 'start', ref: 'a', kind: 'answer', input: null, follow: true })
  for (let n = 0; n < 5; n += 1) {
    script.say(`token ${String(n)} `)
    await vi.waitUntil(() => socket.text('a').endsWith(`token ${String(n)} `))
  }
  await served.close()
  expect((await socket.gone()).code).toBe(1012)
})

test('a proxy that lets no WebSocket through answers it', async (context) => {
  const program = engine('nginx', context)
  server = testApp()
  served = await serve(server.app, { port: 0 })
  proxy = await proxyTo(program, served.port, '1.0')
  await using socket = await TestSocket.open(proxy.url)
  expect((await socket.gone()).code).toBe(1006)
  expect((await server.ask('/runs')).status).toBe(200)
})
