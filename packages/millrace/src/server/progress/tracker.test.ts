import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { PublicError } from '../../event/error.ts'
import type { Json } from '../../event/run-event.ts'
import type { ProgressSnapshot } from '../../progress/snapshot.ts'
import { defineRun } from '../../run/define.ts'
import { memory } from '../../store/memory.ts'
import { sqlite } from '../../store/sqlite/index.ts'
import type { Store } from '../../store/store.ts'
import { bound, faulty } from '../../../../../test/support/run/faulty.ts'
import { anyone } from '../authenticate.ts'
import { createMillrace, type Millrace, type TypesOf } from '../app.ts'
import type { ProgressTracker } from './contract.ts'
import { createProgressTracker } from './tracker.ts'
import { workflow } from './workflow.ts'

const GATES = new Map<string, () => void>()
/** Says a word and its progress, and waits to be told how to end. */
const weave = defineRun<{ readonly ending: string; readonly item?: string }, Json>({
  progress: ({ item }) => (item === undefined ? null : { parent: item, name: 'by input' }),
  async *run({ run, input, signal }) {
    yield 'warp '
    yield { type: 'progress', item: run, status: 'running', done: 1, total: 4 }
    yield { type: 'progress', item: 'shuttle', status: 'running' }
    await new Promise<void>((resolve, reject) => {
      GATES.set(run, resolve)
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
    if (input.ending === 'fail') throw new PublicError('torn', 'The thread is torn.')
    return null
  },
})
const runs = { workflow, weave }
type App = Millrace<TypesOf<typeof runs>>

let folder: string
let apps: App[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-tracker-'))
  apps = []
})
afterEach(async () => {
  // The last first: where several share a store, the first closes it.
  for (const app of apps.reverse()) await app.close()
  await rm(folder, { recursive: true })
})

/** Each as another process would be, on the same store. */
function open(store: Store = sqlite(join(folder, 'log.db'))): { app: App; tracker: ProgressTracker } {
  const app: App = createMillrace({ store, runs, authenticate: (request) => request.headers.get('Authorization') ?? 'ada' })
  apps.push(app)
  return { app, tracker: createProgressTracker(app, { principal: 'ada' }) }
}

const impossible = { code: 'invalid_transition' }
const rows = ({ items }: ProgressSnapshot): unknown[] => items.map(({ name, status }) => `${name} ${status}`)

test.each(['cancelItem', 'failItem', 'skipItem'] as const)('a workflow that %s ended is over for whoever asks next, and can be ended no more', async (move) => {
  const { tracker } = open()
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  await tracker.startItem(cloth)
  await tracker.addItem(cloth, { name: 'carding' })
  await tracker[move](cloth)
  const status = { cancelItem: 'cancelled', failItem: 'failed', skipItem: 'skipped' }[move]
  expect(rows(await tracker.getSnapshot(cloth))[0]).toBe(`cloth ${status}`)
  await expect(tracker.cancelItem(cloth)).rejects.toMatchObject(impossible)
})

test('a workflow is made, moved and followed to its end, from any process', async () => {
  const [here, there] = [open().tracker, open().tracker]
  const cloth = await here.createWorkflow({ name: 'cloth', description: 'for a shirt' })
  const carding = await here.addItem(cloth, { name: 'carding', weight: 1, total: 4 })
  const weaving = await there.addItem(cloth, { name: 'weaving', weight: 3, key: 'weaving' })
  expect(weaving).toBe(`${cloth}/weaving`)
  const seen: ProgressSnapshot[] = []
  const following = (async () => {
    for await (const snapshot of there.follow(cloth)) seen.push(snapshot)
  })()
  await there.startItem(carding)
  await here.updateProgress(carding, { done: 1, message: 'combing' })
  await there.increment(carding, 2)
  expect(await here.getSnapshot(carding)).toMatchObject({ status: 'running', fraction: 0.75 / 4 })
  await here.completeItem(carding)
  await here.startItem(weaving)
  await there.pauseItem(weaving)
  await here.resumeItem(weaving)
  await here.completeItem(weaving)
  await here.completeItem(cloth, 'done')
  await following
  expect(seen.at(-1)).toMatchObject({ status: 'completed', fraction: 1, ended: true })
  expect(seen.map(({ version }) => version)).toEqual([...seen.map(({ version }) => version)].sort((one, other) => one - other))
  expect(seen.at(-1)).toEqual(await here.getSnapshot(cloth))
  expect((await here.list()).map(({ id, title, status }) => [id, title, status])).toEqual([[cloth, 'cloth', 'completed']])
})

test('what cannot be is refused, before it is sent and when another was faster', async () => {
  const [here, there] = [open().tracker, open().tracker]
  const cloth = await here.createWorkflow({ name: 'cloth' })
  const step = await here.addItem(cloth, { name: 'step' })
  await expect(here.completeItem(step)).rejects.toMatchObject(impossible)
  await here.startItem(step)
  await expect(here.completeItem(cloth)).rejects.toMatchObject(impossible)
  const ends = await Promise.allSettled([here.completeItem(step), there.failItem(step), here.skipItem(step)])
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject(impossible)
  await expect(here.startItem(`${cloth}/nothing`)).rejects.toMatchObject({ code: 'not_found' })
  await expect(here.startItem('nothing')).rejects.toMatchObject({ code: 'not_found' })
  expect(() => createProgressTracker({}, { principal: 'ada' })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

test('a workflow that fails or is cancelled takes its open items with it', async () => {
  const { app, tracker } = open()
  for (const [end, status] of [['failItem', 'failed'], ['cancelItem', 'cancelled']] as const) {
    const flow = await tracker.createWorkflow({ name: end })
    const step = await tracker.addItem(flow, { name: 'a' })
    await tracker.startItem(step)
    await tracker.addItem(step, { name: 'b' })
    await tracker[end](flow, 'no wool')
    await vi.waitFor(async () => expect(await tracker.getSnapshot(flow)).toMatchObject({ ended: true, status }))
    expect(rows(await tracker.getSnapshot(flow))).toEqual([`${end} ${status}`, 'a cancelled', 'b cancelled'])
    expect((await (await app.open(flow, { principal: 'ada' })).snapshot()).status).toBe(status)
    await expect(tracker.startItem(step)).rejects.toMatchObject(impossible)
  }
})

test('a run feeds an item: its words, its end, and what becomes of it when what it is a part of is cancelled', async () => {
  const { app, tracker } = open()
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  await tracker.startItem(cloth)
  const step = await tracker.addItem(cloth, { name: 'weaving' })
  const fed = async (ending: string): Promise<string> => {
    const run = await app.start('weave', { ending }, { principal: 'ada', progress: { parent: step, name: ending, weight: 2 } })
    await vi.waitFor(() => expect(GATES.has(run.id)).toBe(true))
    return run.id
  }
  const ids = [await fed('complete'), await fed('fail'), await fed('cancelled by its step')]
  await app.start('weave', { ending: '', item: step }, { principal: 'ada' })
  await vi.waitFor(async () => expect(rows(await tracker.getSnapshot(cloth))).toContain('by input running'), { timeout: 4_000 })
  await vi.waitFor(async () => expect((await tracker.getSnapshot(cloth)).items.find(({ id }) => id === ids[0])).toMatchObject({ status: 'running', fraction: 0, parent: step, weight: 2 }), { timeout: 4_000 })
  await expect(tracker.completeItem(ids[0] ?? '')).rejects.toMatchObject(impossible)
  for (const id of ids.slice(0, 2)) GATES.get(id)?.()
  await vi.waitFor(async () => expect(rows(await tracker.getSnapshot(cloth))).toEqual(expect.arrayContaining(['complete completed', 'fail failed', 'shuttle completed'])))
  await expect(tracker.completeItem(step)).rejects.toMatchObject(impossible)
  await tracker.cancelItem(step)
  for (const id of ids.slice(2)) await vi.waitFor(async () => expect((await (await app.open(id, { principal: 'ada' })).snapshot()).status).toBe('cancelled'))
  expect(rows(await tracker.getSnapshot(cloth))).toEqual(expect.arrayContaining(['cancelled by its step cancelled', 'by input cancelled']))
  await expect(app.start('weave', { ending: '' }, { principal: 'ada', progress: { parent: 'nowhere', name: 'x' } })).rejects.toMatchObject({ code: 'invalid_request' })
})

test('a run that begins here is found by who watches its group without being looked for', async () => {
  const store = memory()
  const app = createMillrace({ store, runs, authenticate: anyone })
  apps.push(app)
  const tracker = createProgressTracker(app, { principal: 'ada' })
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  const watching = tracker.follow(cloth)
  await watching.next()
  // Whoever looks from now on finds nothing.
  vi.spyOn(store, 'list').mockResolvedValue([])
  await app.start('weave', { ending: '', item: cloth }, { principal: 'ada' })
  for await (const snapshot of watching) if (rows(snapshot).includes('by input running')) break
  await tracker.cancelItem(cloth)
})

test('a run that began elsewhere is found behind however many that began here', async () => {
  const store = memory()
  const { app: here, tracker } = open(store)
  const { app: there } = open({ ...bound(store), close: () => Promise.resolve() })
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  await tracker.getSnapshot(cloth)
  const start = (app: App, name: string): Promise<unknown> => app.start('weave', { ending: '' }, { principal: 'ada', progress: { parent: cloth, name } })
  await start(there, 'elsewhere')
  const since = Date.now()
  await vi.waitUntil(() => Date.now() > since)
  // As many as one look lists.
  await Promise.all(Array.from({ length: 100 }, () => start(here, 'here')))
  await vi.waitFor(async () => expect(rows(await tracker.getSnapshot(cloth))).toContain('elsewhere running'), { timeout: 5_000 })
  expect((await tracker.getSnapshot(cloth)).items.filter(({ name }) => name === 'here')).toHaveLength(100)
})

test('a key leads to the same workflow and the same item, and a later workflow is told how long this one took', async () => {
  const { tracker } = open()
  const make = (): Promise<string> => tracker.createWorkflow({ name: 'cloth', key: 'first' })
  const [cloth] = await Promise.all([make(), make()])
  expect(await make()).toBe(cloth)
  const add = (): Promise<string> => tracker.addItem(cloth, { name: 'spinning', key: 's' })
  const [step] = await Promise.all([add(), add()])
  await tracker.startItem(step)
  const begun = Date.now()
  await vi.waitUntil(() => Date.now() > begun, { interval: 1 })
  await tracker.completeItem(step)
  await tracker.completeItem(cloth)
  await vi.waitFor(async () => expect((await tracker.getSnapshot(cloth)).ended).toBe(true))
  const second = await tracker.createWorkflow({ name: 'cloth' })
  await tracker.addItem(second, { name: 'spinning' })
  await vi.waitFor(async () => expect((await tracker.getSnapshot(second)).items[1]?.remaining).toBeGreaterThan(0))
  expect((await tracker.getSnapshot(await tracker.createWorkflow({ name: 'silk' }))).remaining).toBeNull()
})

test('more is known of earlier work than a workflow can be told: it begins all the same', async () => {
  const { tracker } = open(memory())
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  const names = Array.from({ length: 20 }, (_, n) => `${String(n)} ${'x'.repeat(3_900)}`)
  for (const name of names) {
    const step = await tracker.addItem(cloth, { name })
    await tracker.startItem(step)
    await tracker.completeItem(step)
  }
  await tracker.completeItem(cloth)
  await vi.waitFor(async () => expect((await tracker.getSnapshot(cloth)).ended).toBe(true))
  const second = await tracker.createWorkflow({ name: 'cloth' })
  await tracker.addItem(second, { name: names[0] ?? '' })
  await vi.waitFor(async () => expect((await tracker.getSnapshot(second)).items[1]?.remaining).not.toBeNull())
})

test('earlier work that cannot be read stops no workflow', async () => {
  let isBroken = false
  const { tracker } = open(faulty(memory(), { call: (name) => (isBroken && name === 'list' ? 'busy' : 'ok') }).store)
  isBroken = true
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  isBroken = false
  expect((await tracker.getSnapshot(cloth)).items[0]?.name).toBe('cloth')
  expect(warn).toHaveBeenCalled()
  warn.mockRestore()
})

test('runs that begin side by side are each known to whoever asks right after', async () => {
  const { app, tracker } = open(faulty(memory(), { call: (name) => (name === 'list' ? 'slow' : 'ok') }).store)
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  await tracker.startItem(cloth)
  const known = await Promise.all([1, 2, 3].map(async () => {
    const { id } = await app.start('weave', { ending: '', item: cloth }, { principal: 'ada' })
    return (await tracker.getSnapshot(id)).items.some(({ run }) => run === id)
  }))
  expect(known).toEqual([true, true, true])
})

test('many runs of one group make Node warn of nothing', async () => {
  const warned = vi.fn()
  process.on('warning', warned)
  onTestFinished(() => void process.off('warning', warned))
  const { app, tracker } = open(memory())
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  await tracker.startItem(cloth)
  for (let n = 0; n < 12; n += 1) await app.start('weave', { ending: '', item: cloth }, { principal: 'ada' })
  await vi.waitFor(async () => expect((await tracker.getSnapshot(cloth)).items.filter(({ done }) => done === 1)).toHaveLength(12))
  await app.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect(warned).not.toHaveBeenCalled()
})

test('a workflow belongs to its principal', async () => {
  const { app, tracker } = open()
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  const eve = createProgressTracker(app, { principal: 'eve' })
  await expect(eve.getSnapshot(cloth)).rejects.toMatchObject({ code: 'not_found' })
  await expect(eve.cancelItem(cloth)).rejects.toMatchObject({ code: 'not_found' })
  expect(await eve.list()).toEqual([])
  const request = (who: string): Request => new Request(`http://host/progress/${cloth}`, { headers: { Authorization: who } })
  expect((await app.fetch(request('eve'))).status).toBe(404)
  expect((await app.fetch(request('ada'))).status).toBe(200)
})

test('a follower that leaves, and one whose server closes, is told so at once', async () => {
  const { app, tracker } = open()
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  const leave = new AbortController()
  const [left, closed] = [tracker.follow(cloth, { signal: leave.signal }), tracker.follow(cloth)]
  await Promise.all([left.next(), closed.next()])
  leave.abort(new Error('enough'))
  await expect(left.next()).rejects.toThrow('enough')
  const next = closed.next()
  next.catch(() => undefined)
  await app.close()
  await expect(next).rejects.toMatchObject({ code: 'closed' })
})
