import { afterEach, beforeEach, expect, test } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { Arriving } from '../../../../test/support/arriving.ts'
import { everything, Log } from '../../../../test/support/log.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { FramedDecoder } from '../format/framed-decode.ts'

let server: TestApp
let log: Log

beforeEach(async () => {
  server = testApp()
  log = await Log.begin(server.store)
  for (const said of everything) await log.say(...said)
})
afterEach(() => server.app.close())

const ask = (query: string, accept: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  server.ask(`/runs/${log.run}?${query}`, { headers: { Accept: accept, ...headers } })

const SSE = 'text/event-stream'
const NDJSON = 'application/x-ndjson'
const WAYS = [
  ['millrace', SSE], ['anthropic', SSE], ['html', SSE], ['millrace', NDJSON], ['anthropic', NDJSON],
] as const
/** Each frame, and the place it names. */
function framesOf(text: string): { place: string | undefined; text: string }[] {
  const frames = text.startsWith('{') ? text.split('\n') : text.split('\n\n')
  return frames.filter((frame) => frame !== '').map((frame) => ({ place: /(?:^id: |"cursor":")([\w.-]+)/.exec(frame)?.[1], text: frame }))
}

test.each(WAYS)('who joins is told nothing that was said, then the very frames that others get, and resumes in them: %s as %s', async (dialect, accept) => {
  const whole = ask(`dialect=${dialect}`, accept)
  const arriving = new Arriving(await ask(`dialect=${dialect}&from=tail`, accept))
  await log.say('new words', { type: 'block_start', kind: 'text' }, 'more')
  await arriving.until('more')
  await log.end()
  await arriving.toEnd()
  const frames = framesOf(arriving.text)
  const first = frames.findIndex(({ place }) => place !== undefined)
  const preamble = frames.slice(0, first).map(({ text }) => text).join('\n')
  expect(first).toBeGreaterThan(0)
  expect(preamble).toContain(log.run)
  expect(preamble).not.toMatch(/Let me|Hel|wörld|found|words|it\\nis/)
  const live = frames.slice(first)
  const all = framesOf(await (await whole).text())
  expect(live).toEqual(all.slice(-live.length))
  expect(live.length).toBeLessThan(all.length / 2)
  for (const [index, { place }] of live.slice(0, -1).entries()) {
    // The address says `from=tail` still, as an EventSource's does; the place beats it.
    const rest = await ask(`dialect=${dialect}&from=tail`, accept, { 'Last-Event-ID': place! })
    expect(framesOf(await rest.text())).toEqual(live.slice(index + 1))
  }
})

test.each(WAYS)('who joins after the end is told of the end: %s as %s', async (dialect, accept) => {
  await log.end({ status: 'failed', error: { code: 'quota', message: 'Enough.' } })
  await log.seal()
  const text = await (await ask(`dialect=${dialect}&from=tail`, accept)).text()
  const whole = framesOf(await (await ask(`dialect=${dialect}`, accept)).text())
  const live = framesOf(text).filter(({ place }) => place !== undefined)
  expect(live).toEqual(whole.slice(-live.length))
  expect(live.length).toBeGreaterThan(0)
  expect(text).not.toContain('words')
})

test('who joins in framed binary is told the same, and ends with its last frame', async () => {
  const joined = await ask('from=tail', 'application/vnd.millrace.frames')
  await log.say('new words')
  await log.end()
  const decoder = new FramedDecoder()
  const frames = decoder.push(new Uint8Array(await joined.arrayBuffer()))
  const live = frames.findIndex(({ cursor }) => cursor !== null)
  expect(frames[0]).toMatchObject({ cursor: null, data: { type: 'start', run: log.run } })
  expect(frames.slice(live).map(({ cursor }) => cursor === null)).not.toContain(true)
  expect(frames[live]?.data).toMatchObject({ type: 'delta', text: 'new words' })
  expect([frames.at(-1)?.data, decoder.complete]).toMatchObject([{ type: 'end' }, true])
})

test('the preamble says which run it is, which blocks are open and by what names, and what was used', async () => {
  await log.takeOver()
  await log.beginAnew(2)
  await log.say({ type: 'delta', kind: 'reasoning', text: 'hm' }, { type: 'usage', usage: { input: 3 } })
  await log.say({ type: 'block_start', kind: 'tool_call', id: 'call_9', name: 'search' }, { type: 'delta', text: '{' })
  const arriving = new Arriving(await ask('from=tail', NDJSON))
  await arriving.until('usage')
  const events = arriving.text.trim().split('\n').map((line) => JSON.parse(line) as { type: string })
  expect(events).toEqual([
    { type: 'start', run: log.run, kind: 'answer' }, { type: 'attempt', n: 2 },
    { type: 'block_start', block: 1, kind: 'tool_call', nth: 0, id: 'call_9', name: 'search' },
    { type: 'usage', usage: { input: 3 } },
  ])
  await arriving.leave()
  const vendor = new Arriving(await ask('from=tail&dialect=anthropic', SSE))
  await vendor.until('call_9')
  // The vendor's client finds a block by its place: the one that is closed stands empty in its own.
  expect([...vendor.text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual([
    'message_start', 'content_block_start', 'content_block_stop', 'content_block_start',
  ])
  await vendor.leave()
})

test('what has no places in the log is read from its start alone', async () => {
  for (const accept of ['text/plain', 'application/octet-stream']) await expectProblem(await ask('from=tail', accept), 400, 'invalid_request', /start/)
  // A person sees this one.
  expect((await ask('from=tail', 'text/html')).status).toBe(400)
  await expectProblem(await ask('from=middle', SSE), 400, 'invalid_request', /tail/)
})
