import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { everything, Log } from '../../../../test/support/log.ts'
import { FramedDecoder } from '../format/framed-decode.ts'
import { compression } from '../runtime/node/compress.ts'
import { serve, type Served } from '../runtime/node/serve.ts'

let server: TestApp
let log: Log
let served: Served | undefined

beforeEach(async () => {
  server = testApp()
  log = await Log.begin(server.store)
})
afterEach(async () => {
  await server.app.close()
  await served?.close()
  served = undefined
})

const get = (Accept: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> =>
  server.ask(`/runs/${log.run}`, { method, headers: { Accept, ...headers } })
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

async function finished(): Promise<void> {
  for (const said of everything) await log.say(...said)
  await log.end()
}

test('the raw bytes of a run are those of its bytes and its text, in their order', async () => {
  await log.say('añ', { type: 'bytes', base64: 'AP8=' }, { type: 'delta', kind: 'reasoning', text: 'hm' }, 'b')
  await log.end()
  const response = await get('application/octet-stream')
  expect(response.headers.get('Content-Type')).toBe('application/octet-stream')
  expect(await bytesOf(response)).toEqual(Buffer.concat([Buffer.from('añ'), Buffer.of(0, 255), Buffer.from('b')]))
})

test.each(['text/plain', 'application/octet-stream'])('a download in %s that was cut at any byte goes on by its range, sealed or not', async (type) => {
  await finished()
  const whole = await get(type)
  const [bytes, etag] = [await bytesOf(whole), whole.headers.get('ETag')!]
  expect(whole.headers.get('Accept-Ranges')).toBe('bytes')
  for (const sealed of [false, true]) {
    if (sealed) await log.seal()
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const rest = await get(type, { Range: `bytes=${String(cut)}-`, 'If-Range': etag })
      expect([rest.status, rest.headers.get('Content-Range')]).toEqual([206, `bytes ${String(cut)}-${String(bytes.length - 1)}/${String(bytes.length)}`])
      expect((await bytesOf(rest)).equals(bytes.subarray(cut))).toBe(true)
    }
  }
})

test('any one range is that part of the whole', async () => {
  await finished()
  const bytes = await bytesOf(await get('text/plain'))
  await fc.assert(fc.asyncProperty(fc.nat(bytes.length * 2), fc.nat(bytes.length * 2), async (one, other) => {
    const [first, last] = [Math.min(one, other), Math.max(one, other)]
    const part = await get('text/plain', { Range: `bytes=${String(first)}-${String(last)}` })
    expect(part.status).toBe(first < bytes.length ? 206 : 416)
    if (first < bytes.length) expect(await bytesOf(part)).toEqual(bytes.subarray(first, last + 1))
    const suffix = await get('text/plain', { Range: `bytes=-${String(one + 1)}` })
    expect(await bytesOf(suffix)).toEqual(bytes.subarray(Math.max(0, bytes.length - one - 1)))
  }), { numRuns: 30 })
})

test('an end beyond any number is the end', async () => {
  await finished()
  const bytes = await bytesOf(await get('text/plain'))
  for (const Range of [`bytes=0-${'9'.repeat(400)}`, `bytes=-${'9'.repeat(400)}`]) {
    const part = await get('text/plain', { Range })
    expect([part.status, await bytesOf(part)]).toEqual([206, bytes])
  }
})

test('a range counts among the streams of its reader from its first look at the log', async () => {
  await server.app.close()
  server = testApp({ limits: { streams: 1 } })
  log = await Log.begin(server.store)
  await finished()
  const asked = ['bytes=0-0', 'bytes=99999-'].map((Range) => get('text/plain', { Range }))
  const answers = await Promise.all(asked)
  expect(answers.map(({ status }) => status)).toEqual([206, 429])
  await answers[0]?.text()
  // None is kept by one that was refused, nor by a HEAD.
  for (let n = 0; n < 3; n += 1) {
    await vi.waitFor(async () => expect((await get('text/plain', { Range: 'bytes=99999-' })).status).toBe(416))
    expect((await get('text/plain', {}, 'HEAD')).status).toBe(200)
  }
})

test.each(['bytes=0-1,4-5', 'bytes=-0', 'bytes=-', 'bytes=5-4', 'bytes=x', 'bytes=99999-'])('another range is refused with the length: %s', async (Range) => {
  await finished()
  const size = (await bytesOf(await get('text/plain'))).length
  const response = await get('text/plain', { Range })
  expect([response.status, response.headers.get('Content-Range')]).toEqual([416, `bytes */${String(size)}`])
  expect(await response.json()).toMatchObject({ code: 'invalid_range' })
})

test('HEAD tells the length and the tag', async () => {
  await finished()
  const [head, whole] = [await get('text/plain', {}, 'HEAD'), await get('text/plain')]
  expect(head.headers.get('ETag')).toBe(whole.headers.get('ETag'))
  expect(head.headers.get('Content-Length')).toBe(String((await bytesOf(whole)).length))
})

test('a compressed body has no ranges: its bytes are others', async () => {
  await server.app.close()
  server = testApp({ compress: compression, runs: { answer: { run: () => Promise.resolve() } } })
  log = await Log.begin(server.store)
  await finished()
  const packed = await get('text/plain', { 'Accept-Encoding': 'gzip' })
  expect([packed.headers.get('Content-Encoding'), packed.headers.get('ETag'), packed.headers.get('Accept-Ranges')]).toEqual(['gzip', null, null])
  await packed.body!.cancel()
  const part = await get('text/plain', { 'Accept-Encoding': 'gzip', Range: 'bytes=0-2' })
  expect([part.status, part.headers.get('Content-Encoding'), await part.text()]).toEqual([206, null, 'Hel'])
})

test('the whole is sent where the range is of another body or unit', async () => {
  await finished()
  const size = (await bytesOf(await get('text/plain'))).length
  for (const headers of [{ Range: 'bytes=3-', 'If-Range': '"another"' }, { Range: 'lines=3-' }]) {
    const response = await get('text/plain', headers)
    expect([response.status, (await bytesOf(response)).length]).toEqual([200, size])
  }
})

test('a run that has not completed has no ranges: nothing of it may look whole', async () => {
  await log.say('x')
  await log.end({ status: 'failed' })
  const response = await get('text/plain', { Range: 'bytes=0-0' })
  expect([response.status, response.headers.get('Accept-Ranges')]).toEqual([200, null])
  await expect(response.text()).rejects.toThrow('cut')
})

test('a range gives its place among the streams back', async () => {
  await server.app.close()
  server = testApp({ limits: { streams: 1 } })
  log = await Log.begin(server.store)
  await finished()
  for (let time = 0; time < 3; time += 1) {
    const part = await get('text/plain', { Range: 'bytes=0-3' })
    expect((await bytesOf(part)).length).toBe(4)
    // The place is free once the source has closed.
    await new Promise((resolve) => setImmediate(resolve))
  }
})

test('for one who has left a log is not read to its end', async () => {
  await finished()
  const request = new Request(`http://localhost/runs/${log.run}`, {
    headers: { 'X-User': 'ada', Accept: 'text/plain', Range: 'bytes=0-1' }, signal: AbortSignal.abort(),
  })
  expect((await server.app.fetch(request)).status).toBe(503)
})

test('over a socket, a range has its length', async () => {
  await finished()
  served = await serve(server.app, { port: 0 })
  const headers = { 'X-User': 'ada', Accept: 'text/plain', Range: 'bytes=1-3' }
  const response = await fetch(`${served.url}/runs/${log.run}`, { headers })
  expect([response.status, response.headers.get('Content-Length'), await response.text()]).toEqual([206, '3', 'ell'])
})

test('framed binary carries every entry and its cursor, ends in its own last frame, and resumes anywhere', async () => {
  await finished()
  const type = 'application/vnd.millrace.frames'
  const decoder = new FramedDecoder()
  const frames = decoder.push(await bytesOf(await get(type)))
  expect(decoder.complete).toBe(true)
  const lines = (await (await get('application/x-ndjson')).text()).trim().split('\n').map((line) => JSON.parse(line) as { cursor: string })
  expect(frames).toEqual(lines.map(({ cursor, ...data }) => ({ cursor, data })))
  for (const [index, { cursor }] of frames.slice(0, -1).entries()) {
    const rest = new FramedDecoder()
    expect(rest.push(await bytesOf(await get(type, { 'Last-Event-ID': cursor! })))).toEqual(frames.slice(index + 1))
    expect(rest.complete).toBe(true)
  }
})

test('framed binary that was cut before the run’s end is not complete', async () => {
  await log.say('x')
  const reader = (await get('application/vnd.millrace.frames')).body!.getReader()
  const decoder = new FramedDecoder()
  expect(decoder.push((await reader.read()).value!).length).toBeGreaterThan(0)
  expect(decoder.complete).toBe(false)
  await reader.cancel()
})
