import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { testApp, type TestApp } from '../../../../../test/support/app.ts'
import { TestSocket } from '../../../../../test/support/web-socket.ts'
import type { ProgressSnapshot } from '../../progress/snapshot.ts'
import { defineRun } from '../../run/define.ts'
import type { ProgressTracker } from '../../server/progress/contract.ts'
import { createProgressTracker } from '../../server/progress/tracker.ts'
import { workflow } from '../../server/progress/workflow.ts'
import { toNodeHandler } from './handler.ts'
import { serve, type Served } from './serve.ts'
import { acceptWebSockets } from './upgrade.ts'

const KIB = 1024

/** Half a megabyte of words on its items, which stand in every snapshot. */
const loud = defineRun({
  async *run() {
    for (let n = 0; n < 8; n += 1) yield { type: 'progress', item: String(n), status: 'running', message: 'x'.repeat(64 * KIB) }
  },
})

let server: TestApp
let served: Served
let tracker: ProgressTracker
let cloth: string

beforeEach(async () => {
  server = testApp({ runs: { workflow, loud } })
  served = await serve(server.app, { port: 0 })
  tracker = createProgressTracker(server.app, { principal: 'ada' })
  cloth = await tracker.createWorkflow({ name: 'cloth' })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

const open = (headers?: Readonly<Record<string, string>>): Promise<TestSocket> => TestSocket.open(served.url, headers)
const snapshotsOf = (socket: TestSocket, ref: string): ProgressSnapshot[] => socket.frames(ref).map(({ data }) => data as unknown as ProgressSnapshot)

test('a group’s progress comes over a socket as it does over HTTP, to its end', async () => {
  await using socket = await open()
  const body = (await server.ask(`/progress/${cloth}`, { headers: { Accept: 'application/x-ndjson' } })).text()
  socket.say({ type: 'progress', ref: 'a', group: cloth })
  await socket.told('following', 'a')
  const step = await tracker.addItem(cloth, { name: 'carding', total: 4 })
  await tracker.startItem(step)
  for (let done = 1; done <= 4; done += 1) await tracker.updateProgress(step, { done })
  await tracker.completeItem(step)
  await tracker.completeItem(cloth)
  await socket.told('end', 'a')
  const read = (await body).trim().split('\n').map((line) => JSON.parse(line) as { cursor: string } & ProgressSnapshot)
  const heard = socket.frames('a').map(({ cursor, data }) => ({ cursor, ...data }))
  // Whoever is slow for a moment misses some; of what both were told each word is the same.
  const both = heard.filter(({ cursor }) => read.some((line) => line.cursor === cursor))
  expect(both).toEqual(read.filter(({ cursor }) => heard.some((frame) => frame.cursor === cursor)))
  expect(both.length).toBeGreaterThan(2)
  expect(both.at(-1)).toEqual(read.at(-1))
  expect(snapshotsOf(socket, 'a').at(-1)).toMatchObject({ ended: true, status: 'completed', fraction: 1 })
})

test('one that has ended is told once, by the id of its group or of a run, and its name is free again', async () => {
  await tracker.cancelItem(cloth)
  await vi.waitUntil(async () => (await tracker.getSnapshot(cloth)).ended)
  await using socket = await open()
  const last = await tracker.getSnapshot(cloth)
  for (const [count, group] of [cloth, cloth.slice(0, 22)].entries()) {
    socket.say({ type: 'progress', ref: 'a', group })
    await vi.waitUntil(() => socket.messages.filter(({ type }) => type === 'end').length === count + 1)
  }
  expect(snapshotsOf(socket, 'a')).toEqual([last, last])
})

test('what was left or is held says nothing; held it goes on with the newest', async () => {
  await using socket = await open()
  for (const ref of ['left', 'held', 'free']) {
    socket.say({ type: 'progress', ref, group: cloth })
    await vi.waitUntil(() => socket.frames(ref).length === 1)
  }
  socket.say({ type: 'unfollow', ref: 'left' })
  socket.say({ type: 'pause', ref: 'held' })
  socket.say({ type: 'cancel', ref: 'barrier', run: 'nothing' })
  await socket.told('error', 'barrier')
  for (let at = 0; at < 10; at += 1) {
    await tracker.addItem(cloth, { name: String(at) })
    await vi.waitUntil(() => snapshotsOf(socket, 'free').at(-1)?.items.length === at + 2)
  }
  expect(socket.frames('left')).toHaveLength(1)
  // One may have been on its way.
  expect(socket.frames('held').length).toBeLessThanOrEqual(2)
  socket.say({ type: 'resume', ref: 'held' })
  await vi.waitUntil(() => snapshotsOf(socket, 'held').at(-1)?.items.length === 11)
  expect(socket.frames('held').length).toBeLessThanOrEqual(3)
})

test('a group of somebody else is not there, over a socket as over HTTP', async () => {
  await using eve = await open({ 'X-User': 'eve' })
  for (const [ref, group] of Object.entries({ a: cloth, b: cloth.slice(0, 22), c: 'nothing', d: 'x'.repeat(22) })) {
    eve.say({ type: 'progress', ref, group })
    const answer = await server.ask(`/progress/${group}`, { headers: { 'X-User': 'eve' } })
    expect((await eve.told('error', ref))['problem']).toEqual(await answer.json())
    expect(answer.status).toBe(404)
  }
  eve.say({ type: 'progress', ref: 'e', group: 7 })
  expect((await eve.told('error', 'e'))['problem']).toMatchObject({ code: 'invalid_request' })
  eve.say({ type: 'progress', ref: 'a', group: cloth })
  await vi.waitUntil(() => eve.messages.filter(({ type, ref }) => type === 'error' && ref === 'a').length === 2)
  expect(eve.messages.some(({ type }) => type === 'frames')).toBe(false)
})

test('it counts among the streams of its principal, until it is over', async () => {
  await using narrow = testApp({ store: server.store, runs: { workflow }, limits: { streams: 2 } })
  const place = await serve(narrow.app, { port: 0 })
  await using socket = await TestSocket.open(place.url)
  socket.say({ type: 'progress', ref: 'a', group: cloth })
  socket.say({ type: 'progress', ref: 'a', group: cloth })
  expect((await socket.told('error', 'a'))['problem']).toMatchObject({ code: 'invalid_request' })
  socket.say({ type: 'progress', ref: 'b', group: cloth })
  expect((await socket.told('error', 'b'))['problem']).toMatchObject({ code: 'too_many_streams' })
  socket.say({ type: 'unfollow', ref: 'a' })
  socket.say({ type: 'progress', ref: 'c', group: cloth })
  await socket.told('following', 'c')
  await place.close()
})

test('a reader that does not read costs a bounded buffer, misses what lies between, and has the last', async () => {
  const connected = vi.fn<(socket: Socket) => void>()
  const place = createServer(toNodeHandler(server.app)).on('connection', connected).listen(0, '127.0.0.1')
  const sockets = acceptWebSockets(place, server.app)
  await vi.waitUntil(() => place.listening)
  const step = await tracker.addItem(cloth, { name: 'weaving' })
  await tracker.startItem(step)
  const run = await server.app.start('loud', null, { principal: 'ada', progress: { parent: step, name: 'loud' } })
  await run.result
  await using socket = await TestSocket.open(`http://127.0.0.1:${String((place.address() as AddressInfo).port)}`)
  socket.say({ type: 'progress', ref: 'a', group: cloth })
  await vi.waitUntil(() => snapshotsOf(socket, 'a').at(-1)?.items.length === 11)
  socket.socket.pause()
  const [raw] = connected.mock.calls[0]!
  let [told, most] = [0, 0]
  const tell = async (): Promise<void> => {
    await tracker.increment(step)
    told += 1
    most = Math.max(most, raw.writableLength)
  }
  while (raw.writableLength < 256 * KIB) await tell()
  for (let more = 0; more < 50; more += 1) await tell()
  // What waits, and one snapshot.
  expect(most).toBeLessThan(256 * KIB + 600 * KIB)
  await tracker.completeItem(step)
  await tracker.completeItem(cloth)
  socket.socket.resume()
  await socket.told('end', 'a')
  expect(snapshotsOf(socket, 'a').at(-1)).toEqual(await tracker.getSnapshot(cloth))
  expect(socket.frames('a').length).toBeLessThan(told - 40)
  await sockets.close()
  place.close()
})
