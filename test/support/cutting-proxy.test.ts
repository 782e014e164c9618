import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Arriving } from './arriving.ts'
import { cuttingProxy } from './cutting-proxy.ts'

const FRAMES = ['id: 1\ndata: {"n":"é"}\n\n', 'event: two\ndata: {}\n\n', 'data: [DONE]\n\n']
const BODIES: Readonly<Record<string, { readonly type: string; readonly chunks: readonly string[] }>> = {
  '/sse': { type: 'text/event-stream', chunks: [':\n\n', FRAMES[0]!.slice(0, 9), FRAMES[0]!.slice(9) + FRAMES[1]!, ':\n\n', FRAMES[2]!] },
  '/lines': { type: 'application/x-ndjson', chunks: ['{"a":1}\n\n{"b":2}\n'] },
}

const server = createServer((request, response) => {
  const body = BODIES[request.url ?? '']
  if (!body) {
    request.pipe(response.writeHead(418, { 'Content-Length': request.headers['content-length'] ?? '0' }))
    return
  }
  response.writeHead(200, { 'Content-Type': body.type })
  for (const chunk of body.chunks) response.write(chunk)
  response.end()
})
let target = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  target = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
})
afterAll(() => void server.close())

/** What came of a body, and whether it was whole. */
async function read(url: string): Promise<{ readonly text: string; readonly whole: boolean }> {
  const body = new Arriving(await fetch(url))
  const whole = await body.toEnd().then(() => true, () => false)
  return { text: body.text, whole }
}

test('a body that nobody asked to cut comes whole, and its frames are counted', async () => {
  await using proxy = await cuttingProxy(target)
  expect(await read(`${proxy.url}/sse`)).toEqual({ text: BODIES['/sse']!.chunks.join(''), whole: true })
  expect(await read(`${proxy.url}/lines`)).toEqual({ text: '{"a":1}\n\n{"b":2}\n', whole: true })
  const answer = await fetch(`${proxy.url}/other`, { method: 'POST', body: 'as it is' })
  expect([answer.status, await answer.text()]).toEqual([418, 'as it is'])
  expect(proxy.frames).toEqual([3, 2])
  expect(proxy.asked).toEqual(['GET /sse', 'GET /lines', 'POST /other'])
})

test('a body is cut right behind a frame, also one that came in pieces or with the next one', async () => {
  await using proxy = await cuttingProxy(target)
  proxy.cut({ frames: 0 }, { frames: 1 }, { frames: 2 }, { frames: 3 })
  expect(await read(`${proxy.url}/sse`)).toEqual({ text: '', whole: false })
  expect(await read(`${proxy.url}/sse`)).toEqual({ text: `:\n\n${FRAMES[0]!}`, whole: false })
  expect(await read(`${proxy.url}/sse`)).toEqual({ text: `:\n\n${FRAMES[0]!}${FRAMES[1]!}`, whole: false })
  // Also behind the last frame it is not ended as a whole body is.
  expect(await read(`${proxy.url}/sse`)).toMatchObject({ whole: false })
  expect(await read(`${proxy.url}/sse`)).toMatchObject({ whole: true })
})

test('a body is cut behind any byte, in the middle of a character too', async () => {
  await using proxy = await cuttingProxy(target)
  const inside = Buffer.byteLength(':\n\nid: 1\ndata: {"n":"') + 1
  proxy.cut({ bytes: inside })
  const body = new Arriving(await fetch(`${proxy.url}/sse`))
  await expect(body.toEnd()).rejects.toThrow()
  expect(body.bytes).toHaveLength(inside)
})
