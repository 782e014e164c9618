import { expect, test, vi } from 'vitest'
import { posting, testApp } from '../../../../test/support/app.ts'
import { Log } from '../../../../test/support/log.ts'
import { faulty } from '../../../../test/support/run/faulty.ts'
import { defineRun } from '../run/define.ts'
import { memory } from '../store/memory.ts'
import { takeStream } from './body.ts'
import { LogStream } from './log-stream.ts'
import type { Sink } from './sink.ts'

const SSE = { Accept: 'text/event-stream' }
const asks = defineRun({
  cancelWhenUnread: 1,
  async *run({ signal }) {
    yield 'hello'
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
})

test('a run that asks is cancelled once its last reader has left, however that one read, and not while one is there', async () => {
  let looks = 0
  const { store } = faulty(memory(), { call: (name) => {
    if (name === 'touch') looks += 1
    return 'ok'
  } })
  await using server = testApp({ store, runs: { asks } })
  const leaving = new AbortController()
  const streamed = await server.ask('/runs/asks', posting(null, SSE))
  const run = await server.app.open(streamed.headers.get('Millrace-Run') ?? '', { principal: 'ada' })
  const entries = run.follow({ signal: leaving.signal })
  await entries.next()
  await streamed.body?.cancel()
  const then = looks
  // One look is enough to cancel what nobody reads; it is done when the next begins.
  await vi.waitUntil(() => looks >= then + 2, { timeout: 10_000 })
  expect((await run.snapshot()).status).toBe('running')
  leaving.abort()
  await entries.return?.()
  await vi.waitUntil(async () => (await run.snapshot()).status === 'cancelled', { timeout: 5_000 })
})

test('a stream says for how long its reader has taken nothing', async () => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  const stream = takeStream(await server.ask(`/runs/${log.run}`, { headers: SSE }))
  if (!(stream instanceof LogStream)) throw new Error('no stream')
  let room = false
  const sink: Sink = { write: () => room, end: () => undefined, reset: () => undefined }
  const control = stream.open(sink)
  // Told by the wheel of heartbeats, which turns once a second.
  await vi.waitUntil(() => stream.stalled > 0, { timeout: 10_000 })
  room = true
  control.drain()
  expect(stream.stalled).toBe(0)
  control.close()
})
