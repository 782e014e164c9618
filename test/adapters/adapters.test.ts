import { createMillrace, memory } from 'millrace'
import { compression } from 'millrace/node'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { posting } from '../support/app.ts'
import { Arriving } from '../support/arriving.ts'
import { framesIn, said } from '../support/frames.ts'
import { Script } from '../support/script.ts'
import { hosts, type Host } from './hosts.ts'

const STREAM = { Accept: 'text/event-stream', 'X-User': 'ada' }
let script: Script
let app: ReturnType<typeof createApp>
let host: Host

function createApp(answer: Script['kind']) {
  return createMillrace({
    store: memory(), runs: { answer }, base: '/api', compress: compression, limits: { streams: 2 },
    authenticate: (request) => request.headers.get('X-User'), logger: { warn: () => undefined, error: () => undefined },
  })
}

async function start(coding = 'identity'): Promise<{ response: Response; body: Arriving; path: string }> {
  const response = await fetch(`${host.url}/api/runs/answer`, posting(null, { ...STREAM, 'Accept-Encoding': coding }))
  expect(response.status).toBe(200)
  return { response, body: new Arriving(response), path: `${host.url}/api/runs/${response.headers.get('Millrace-Run')!}` }
}

describe.each(Object.entries(hosts))('%s', (_name, listen) => {
  beforeEach(async () => {
    // Some hosts tell their operator of every stream that was cut.
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    script = new Script()
    app = createApp(script.kind)
    host = await listen(app)
  })
  afterEach(async () => {
    await app.close()
    await host.close()
    vi.restoreAllMocks()
  })

  test.each(['identity', 'gzip', 'br'])('every token arrives before the next is said: %s', async (coding) => {
    script.say('token 0 ')
    const { response, body } = await start(coding)
    expect(response.headers.get('Content-Encoding')).toBe(coding === 'identity' ? null : coding)
    for (let n = 1; n < 10; n += 1) {
      await body.until(`token ${String(n - 1)} `)
      expect(body.text).not.toContain(`token ${String(n)} `)
      script.say(`token ${String(n)} `)
    }
    script.end()
    await body.toEnd()
  })

  test('who was cut resumes', async () => {
    script.say('one ', 'two ')
    const { body, path } = await start()
    await body.until('two ')
    await body.leave()
    const frames = framesIn(body.bytes, 'sse')
    script.say('three ')
    script.end()
    const resumed = await fetch(path, { headers: { ...STREAM, 'Last-Event-ID': frames.at(-1)!.cursor! } })
    const rest = framesIn(new Uint8Array(await resumed.arrayBuffer()), 'sse')
    expect(said([...frames, ...rest])).toContainEqual({ key: '0 text 0', value: 'one two three ' })
    expect(rest.at(-1)?.data).toMatchObject({ type: 'end', status: 'completed' })
  })

  test('a run is cancelled from elsewhere, and its stream says so', async () => {
    script.say('so far')
    const { body, path } = await start()
    await body.until('so far')
    const cancelled = await fetch(`${path}/signals`, posting({ type: 'cancel' }, { 'X-User': 'ada' }))
    expect(cancelled.status).toBe(200)
    await body.toEnd()
    expect(body.text).toContain('{"type":"end","status":"cancelled"')
  })

  test('a cut is never a clean end', async () => {
    script.say('so far')
    const { body } = await start()
    await body.until('so far')
    await app.close()
    await expect(body.toEnd()).rejects.toThrow()
  })

  test('who leaves gives its place back', async () => {
    const first = await start()
    await start()
    const third = (): Promise<Response> => fetch(first.path, { headers: STREAM })
    expect((await third()).status).toBe(429)
    await first.body.leave()
    await vi.waitUntil(async () => (await third()).status === 200)
  })

  test('HEAD has the head alone', async () => {
    script.end()
    const { path, body } = await start()
    await body.toEnd()
    const response = await fetch(path, { method: 'HEAD', headers: STREAM })
    expect([response.status, response.headers.get('Content-Type'), await response.text()]).toEqual([200, 'text/event-stream', ''])
  })

  test('a form is an input as JSON is', async () => {
    script.end()
    const body = new URLSearchParams({ message: 'hello' })
    const response = await fetch(`${host.url}/api/runs/answer`, { method: 'POST', body, headers: { Accept: 'application/json', 'X-User': 'ada' } })
    expect(await response.json()).toMatchObject({ status: 'completed', input: { message: 'hello' } })
  })

  test('what Millrace does not serve is for the host', async () => {
    expect(await (await fetch(`${host.url}/hello`)).text()).toBe('hello from the host')
    for (const path of ['/elsewhere', '/api', '/api/none', '/runs']) {
      const response = await fetch(host.url + path)
      expect([response.status, response.headers.get('Content-Type')]).toEqual([404, expect.not.stringContaining('problem+json')])
    }
    const missing = await fetch(`${host.url}/api/runs/none`, { headers: STREAM })
    expect([missing.status, missing.headers.get('Content-Type')]).toEqual([404, 'application/problem+json'])
  })
})
