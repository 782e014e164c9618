import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../../test/support/app.ts'
import { Script } from '../../../../../test/support/script.ts'
import { PublicError } from '../../event/error.ts'
import { createClient, type Client } from '../client.ts'
import { defaultHost, type Host } from '../host.ts'
import { createRunView, type RunView } from './run-view.ts'

let script: Script
let server: TestApp
let client: Client
/** Streams that were opened, and those of them that nobody has left. */
let opened: number
let open: Set<AbortSignal>

const host: Host = {
  ...defaultHost,
  timer: (ms, run) => defaultHost.timer(ms / 100, run),
  async fetch(url, init) {
    const response = await server.ask(url, init)
    if (init.signal && response.headers.get('Content-Type') === 'text/event-stream') {
      const { signal } = init
      opened += 1
      open.add(signal)
      signal.addEventListener('abort', () => open.delete(signal))
    }
    return response
  },
}

beforeEach(() => {
  opened = 0
  open = new Set()
  script = new Script()
  server = testApp({ runs: { answer: script.kind } })
  client = createClient('http://test', { host })
})
afterEach(() => server.app.close())

async function aView(options?: Parameters<typeof createRunView>[1]): Promise<RunView> {
  return createRunView(await client.start('answer', null), options)
}

function untilText(view: RunView, text: string): Promise<void> {
  return vi.waitFor(() => expect(view.getSnapshot().text).toBe(text))
}

test('it reads while somebody listens, tells of what comes, and ends with the run', async () => {
  const view = await aView()
  const first = view.getSnapshot()
  expect(first).toEqual(view.getServerSnapshot())
  expect([first.status, first.text, first.connection, opened]).toEqual([null, '', 'idle', 0])
  const told = vi.fn()
  const leave = view.subscribe(told)
  script.say('A mill ', { type: 'source', title: 'Mills' }, { type: 'status', status: 'writing' })
  await vi.waitFor(() => expect(view.getSnapshot()).toMatchObject({ text: 'A mill ', status: 'running', stage: { status: 'writing' }, connection: 'live' }))
  const before = view.getSnapshot()
  script.say('needs water.')
  script.end({ words: 4 })
  await vi.waitFor(() => expect(view.getSnapshot()).toMatchObject({ text: 'A mill needs water.', status: 'completed', connection: 'ended', result: { words: 4 } }))
  expect(view.getSnapshot().sources).toBe(before.sources)
  expect(told).toHaveBeenCalled()
  expect(view.getServerSnapshot()).toEqual(first)
  leave()
})

test('who leaves closes the connection, and who comes back reads on from there', async () => {
  const view = await aView()
  const leave = view.subscribe(() => undefined)
  script.say('so ')
  await untilText(view, 'so ')
  leave()
  await vi.waitFor(() => expect(open.size).toBe(0))
  expect(view.getSnapshot()).toMatchObject({ text: 'so ', connection: 'idle' })
  script.say('far')
  view.subscribe(() => undefined)
  await untilText(view, 'so far')
  expect(opened).toBe(2)
})

test('left and entered in the same turn, it keeps its one connection', async () => {
  const view = await aView()
  view.subscribe(() => undefined)()
  const leave = view.subscribe(() => undefined)
  view.subscribe(() => undefined)
  leave()
  script.say('so')
  await untilText(view, 'so')
  expect([opened, open.size]).toEqual([1, 1])
})

test('what arrives within a frame is told once', async () => {
  const view = await aView()
  const texts: string[] = []
  for (let at = 0; at < 1_000; at += 1) script.say('word ')
  script.end()
  view.subscribe(() => texts.push(view.getSnapshot().text))
  await vi.waitFor(() => expect(view.getSnapshot().status).toBe('completed'))
  expect(texts.at(-1)).toBe('word '.repeat(1_000))
  expect(texts.length).toBeLessThan(50)
})

test('a long text is kept as far as it is wanted', async () => {
  const view = await aView({ keep: 10 })
  view.subscribe(() => undefined)
  const words = Array.from({ length: 20 }, (_, at) => `w${String(at)} `)
  for (const word of words) script.say(word)
  script.end()
  await vi.waitFor(() => expect(view.getSnapshot().status).toBe('completed'))
  const { text, dropped } = view.getSnapshot()
  expect(text).toBe(words.join('').slice(dropped))
  expect([text.length >= 10, text.length <= 20]).toEqual([true, true])
})

test('a run that failed says so in words', async () => {
  const view = await aView()
  view.subscribe(() => undefined)
  script.say('so')
  script.fail(new PublicError('no_water', 'The mill is dry.'))
  await vi.waitFor(() => expect(view.getSnapshot()).toMatchObject({ text: 'so', status: 'failed', error: { code: 'no_water', message: 'The mill is dry.' } }))
})

test('a run that is not there is an error to show, and none that is thrown', async () => {
  const view = createRunView(client.open('AAAAAAAAAAAAAAAAAAAAA_'))
  view.subscribe(() => undefined)
  await vi.waitFor(() => expect(view.getSnapshot()).toMatchObject({ status: null, connection: 'failed', error: { code: 'not_found' } }))
  await view.cancel()
  expect(view.getSnapshot().error?.code).toBe('not_found')
})

test('cancelled, it ends as cancelled', async () => {
  const view = await aView()
  view.subscribe(() => undefined)
  script.say('so')
  await untilText(view, 'so')
  await view.cancel()
  await vi.waitFor(() => expect(view.getSnapshot().status).toBe('cancelled'))
})

test('without a run nothing is there, and nothing is asked', async () => {
  const view = createRunView(null)
  view.subscribe(() => undefined)()
  await view.cancel()
  expect(view.getSnapshot()).toMatchObject({ status: null, text: '', connection: 'idle' })
  await expect(view.signal({ type: 'input' })).rejects.toMatchObject({ code: 'invalid_request' })
})
