import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Log } from '../../../../../test/support/log.ts'
import { expectProblem } from '../../../../../test/support/problem.ts'
import { PublicError } from '../../event/error.ts'
import { progressText } from '../../progress/terminal.ts'
import type { ProgressSnapshot } from '../../progress/snapshot.ts'
import type { AppTypes } from '../../protocol/app.ts'
import { Tails } from '../../run/tails.ts'
import { memory } from '../../store/memory.ts'
import { createStreamingService } from '../../streaming/service.ts'
import { anyone } from '../authenticate.ts'
import { createMillrace, type Millrace } from '../app.ts'
import { takeStream } from '../body.ts'
import type { ProgressTracker } from './contract.ts'
import { Groups } from './groups.ts'
import { createProgressTracker } from './tracker.ts'
import { workflow } from './workflow.ts'
import { progressHtml } from './html.ts'

const HOSTILE = '<img src=x onerror=alert(1)>"\'&\r\n\u2028\u0000</script>\x1b[31m\u202e'

let app: Pick<Millrace<AppTypes>, 'fetch' | 'close' | 'types'>
let tracker: ProgressTracker
let cloth: string
beforeEach(async () => {
  app = createMillrace({ store: memory(), runs: { workflow }, authenticate: anyone })
  tracker = createProgressTracker(app, { principal: 'anyone' })
  cloth = await tracker.createWorkflow({ name: 'cloth' })
})
afterEach(() => app.close())

const get = (query = '', headers: Record<string, string> = {}, method = 'GET', group = cloth): Promise<Response> =>
  app.fetch(new Request(`http://host/progress/${group}${query}`, { headers, method }))
const SSE = { Accept: 'text/event-stream' }

async function finish(): Promise<ProgressSnapshot> {
  await tracker.startItem(cloth)
  await tracker.completeItem(cloth)
  await vi.waitFor(async () => expect((await tracker.getSnapshot(cloth)).ended).toBe(true))
  return tracker.getSnapshot(cloth)
}

test('a group’s progress is one document, to its workflow’s id as to its own', async () => {
  await tracker.addItem(cloth, { name: 'carding', weight: 2, total: 9 })
  const answer = await get()
  expect(answer.headers.get('Content-Type')).toBe('application/json')
  expect(answer.headers.get('Millrace-Status')).toBe('pending')
  const snapshot = (await answer.json()) as ProgressSnapshot
  expect(snapshot).toEqual(await tracker.getSnapshot(cloth))
  expect(snapshot.items[1]).toMatchObject({ name: 'carding', weight: 2, total: 9, level: 'step', parent: cloth })
  const byGroup = await app.fetch(new Request(`http://host/progress/${cloth.slice(0, 22)}`))
  expect(await byGroup.json()).toEqual(snapshot)
  for (const path of ['nothing', 'x'.repeat(22), '%ff', '']) expect((await app.fetch(new Request(`http://host/progress/${path}`))).status).toBe(404)
})

test('its stream is whole snapshots, the first at once and the last one last, and then nothing more', async () => {
  const answer = await get('', SSE)
  expect(answer.headers.get('Cache-Control')).toContain('no-store')
  const last = await finish()
  const blocks = (await answer.text()).trim().split('\n\n')
  const sent = blocks.map((block) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') as ProgressSnapshot)
  expect(sent.at(-1)).toEqual(last)
  expect(blocks.at(-1)).toContain(`id: ${String(last.version)}\n`)
  const again = await get('', { ...SSE, 'Last-Event-ID': String(last.version) })
  expect(again.status).toBe(204)
  const lines = (await (await get('', { Accept: 'application/x-ndjson' })).text()).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ cursor: String(last.version), ...last }])
  expect((await get('', SSE, 'HEAD')).body).toBeNull()
  expect((await get('', { Accept: 'text/plain' })).status).toBe(406)
  expect((await get('?dialect=anthropic')).status).toBe(400)
})

test('a stream of which the server closes is cut, not ended', async () => {
  const answer = await get('', SSE)
  const text = answer.text()
  text.catch(() => undefined)
  await app.close()
  await expect(text).rejects.toThrow()
})

test('one that was lost before anybody read it is cut as well', async () => {
  const stream = takeStream(await get('', SSE))
  await app.close()
  const sink = { write: () => true, end: vi.fn(), reset: vi.fn() }
  stream?.open(sink)
  expect([sink.end, sink.reset].map(({ mock }) => mock.calls.length)).toEqual([0, 1])
})

test('who watches a group that was lost meanwhile is told so', async () => {
  const store = memory()
  const log = await Log.begin(store)
  const groups = new Groups(store, new Tails(store), console)
  const group = await groups.of('ada', log.run)
  groups.close()
  const error = await new Promise<Error>((resolve) => group.watch({ onLost: resolve }))
  expect(error).toMatchObject({ code: 'closed' })
})

test('hypermedia is sent the tree itself, and told the end also when it asks again', async () => {
  await finish()
  const stream = await (await get('?dialect=html')).text()
  expect(stream).toMatch(/^id: \d+\ndata: <ul><li data-level="workflow" data-status="completed">.*<\/li><\/ul>\n\nid: \d+\nevent: done\ndata: completed\n\n$/)
  const { version } = await tracker.getSnapshot(cloth)
  expect(await (await get('?dialect=html', { 'Last-Event-ID': String(version) })).text()).toBe(stream)
})

test('hypermedia is told that there is no such group, once and for all; others get the problem', async () => {
  const ask = (query: string, headers = {}): Promise<Response> => get(query, headers, 'GET', 'AAAAAAAAAAAAAAAAAAAAAA')
  expect(await (await ask('?dialect=html')).text()).toBe('data: <p role="status">There is no such group of runs.</p>\n\nevent: done\ndata: gone\n\n')
  expect(await (await ask('?dialect=html', { 'Last-Event-ID': '3' })).text()).toBe('event: done\ndata: gone\n\n')
  await expectProblem(await ask('', SSE), 404, 'not_found')
})

test('names from anywhere are text in every drawing', async () => {
  const step = await tracker.addItem(cloth, { name: HOSTILE, total: 4 })
  await tracker.startItem(step)
  await tracker.updateProgress(step, { done: 1, message: HOSTILE })
  const snapshot = await tracker.getSnapshot(cloth)
  const markup = progressHtml(snapshot)
  expect(markup).not.toMatch(/<img|<\/script|onerror=alert\(1\)>/)
  expect(markup).toContain('aria-valuenow="25" aria-valuemin="0" aria-valuemax="100"')
  const drawn = progressText(snapshot)
  expect(drawn.split('\n')).toHaveLength(2)
  expect(drawn).not.toMatch(/[\p{Cf}\u2028\x1b\r]/u)
  const stream = await get('?dialect=html')
  const reader = stream.body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value).split('\n').every((line) => line === '' || /^(id|data): /.test(line))).toBe(true)
  await reader?.cancel()
})

test('the drawings of a tree', async () => {
  const step = await tracker.addItem(cloth, { name: 'carding', total: 4 })
  await tracker.addItem(step, { name: 'combing' })
  await tracker.addItem(cloth, { name: 'weaving', weight: 3 })
  await tracker.startItem(step)
  const snapshot = await tracker.getSnapshot(cloth)
  expect(progressText(snapshot, { columns: 60 })).toBe([
    'cloth                    [....................] 0 %',
    '  carding                [....................] 0 %',
    '    combing              [....................] pending',
    '  weaving                [....................] pending',
  ].join('\n'))
  expect(progressText(snapshot, { columns: 10 }).split('\n').every((line) => line.length <= 10)).toBe(true)
  expect(progressText(snapshot, { colors: true })).toContain('\x1b[36mcloth')
  const shape = progressHtml(snapshot).replace(/<(?!\/?(ul|li)\b)[^>]*>|[^<>]+(?=<)/g, '').replace(/<li[^>]*>/g, '<li>')
  expect(shape).toBe('<ul><li><ul><li><ul><li></li></ul></li><li></li></ul></li></ul>')
})

test.each([
  ['completed', 3, 'read'],
  ['failed', 1, 'break'],
  ['cancelled', 1, 'leave'],
] as const)('a stream without a log is an item, and ends it as it ends: %s', async (status, done, how) => {
  const logger = { error: () => undefined, warn: vi.fn() }
  const service = createStreamingService({ tracker, defaults: { bufferSize: 0 } })
  async function* source(): AsyncGenerator<string> {
    yield 'a'
    if (how === 'break') throw new PublicError('torn', 'The thread is torn.')
    yield 'b'
    yield 'c'
  }
  const answer = service.createTextResponse(source(), { progress: { parent: cloth, name: 'export', total: 3 }, logger })
  const reader = answer.body?.getReader()
  if (how === 'leave') {
    await reader?.read()
    await reader?.cancel()
  } else {
    while (await reader?.read().then((read) => !read.done, () => false));
  }
  await vi.waitFor(async () => expect((await tracker.getSnapshot(cloth)).items[1]).toMatchObject({ name: 'export', status, total: 3 }))
  expect((await tracker.getSnapshot(cloth)).items[1]?.done).toBe(done)
  expect(logger.warn.mock.calls.filter(([message]) => String(message).includes('progress'))).toEqual([])
})

test('a stream that cannot be an item says so, or goes on without being one', async () => {
  expect(() => createStreamingService().createTextResponse(['a'], { progress: { parent: cloth, name: 'x' } })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  const service = createStreamingService({ tracker })
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  expect(await service.createTextResponse(['a'], { progress: { parent: 'nowhere', name: 'x' } }).text()).toBe('a')
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1))
  warn.mockRestore()
})
