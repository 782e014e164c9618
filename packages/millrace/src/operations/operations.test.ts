import { SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import client from 'prom-client'
import { beforeEach, expect, test } from 'vitest'
import { MillraceError, PublicError } from '../event/error.ts'
import { defineRun } from '../run/define.ts'
import type { Observe } from '../run/news.ts'
import { createMillrace } from '../server/app.ts'
import { anyone } from '../server/authenticate.ts'
import { memory } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { createMetrics } from './metrics.ts'
import { createOperations } from './operations.ts'
import { traceRuns } from './tracing.ts'

const quiet = { error: () => undefined, warn: () => undefined }
const ada = { principal: 'ada' }
const SECRET = 'a word that only its reader may see'

beforeEach(() => client.register.clear())

const runs = {
  say: defineRun<string>({ async *run({ input }) { yield SECRET; yield input } }),
  fail: defineRun({ run: () => Promise.reject(new PublicError('no_flour', SECRET)) }),
}

function appWith(observe: Observe, store: Store = memory()) {
  return createMillrace({ store, runs, authenticate: anyone, observe, logger: quiet })
}

async function valueOf(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  const values = (await client.register.getSingleMetric(name)?.get())?.values ?? []
  return values.find((value) => Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted))?.value
}

test('runs, entries, streams and the store’s answers are counted, and of what runs say nothing is there', async () => {
  const app = appWith(createMetrics(client))
  const said = await app.start('say', SECRET, ada)
  await said.result
  await (await app.start('fail', null, ada)).result
  const response = await app.fetch(new Request('http://x/runs/say', { method: 'POST', body: '"hi"', headers: { 'Content-Type': 'application/json' } }))
  expect(await valueOf('millrace_readers', { dialect: 'millrace', format: 'sse' })).toBe(1)
  await response.text()
  expect(await valueOf('millrace_readers', { dialect: 'millrace', format: 'sse' })).toBe(0)
  expect(await valueOf('millrace_runs_started_total', { kind: 'say' })).toBe(2)
  expect(await valueOf('millrace_runs_ended_total', { kind: 'fail', status: 'failed', code: 'no_flour' })).toBe(1)
  expect(await valueOf('millrace_runs_working', { kind: 'say' })).toBe(0)
  expect(await valueOf('millrace_entries_total', { kind: 'fail' })).toBe(1)
  expect(await valueOf('millrace_store_seconds', { call: 'create' })).toBeDefined()
  const text = await client.register.metrics()
  expect(text).not.toContain(SECRET)
  expect(text).not.toContain(said.id)
  await app.close()
})

test('a code that a handler made up from what it was asked does not become a label', async () => {
  const observe = createMetrics(client)
  observe({ type: 'run_ended', run: 'r', kind: 'k', status: 'failed', code: `no ${SECRET}`, took: 1 })
  expect(await valueOf('millrace_runs_ended_total', { code: 'other' })).toBe(1)
})

test('a run is a span: what became of it, how much it wrote, and nothing of what it said', async () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const app = appWith(traceRuns(provider.getTracer('millrace')))
  const said = await app.start('say', SECRET, ada)
  await said.result
  await (await app.start('fail', null, ada)).result
  const [one, two] = exporter.getFinishedSpans()
  expect(one).toMatchObject({ name: 'run say', attributes: { 'millrace.run': said.id, 'millrace.status': 'completed', 'millrace.takeover': false } })
  expect(one?.attributes['millrace.entries']).toBeGreaterThan(1)
  expect(two).toMatchObject({ name: 'run fail', status: { code: SpanStatusCode.ERROR }, attributes: { 'millrace.code': 'no_flour' } })
  expect(JSON.stringify([one?.attributes, two?.attributes])).not.toContain(SECRET)
  await app.close()
})

test('what observes a server and fails disturbs nothing', async () => {
  const app = appWith(() => { throw new Error('full') })
  expect(await (await app.start('say', 'x', ada)).result).toMatchObject({ status: 'completed' })
  await app.close()
})

const ask = async (operations: { fetch(request: Request): Promise<Response> }, path: string): Promise<readonly [number, string]> => {
  const response = await operations.fetch(new Request(`http://x${path}`))
  return [response.status, await response.text()]
}

test('health, readiness and metrics', async () => {
  const app = appWith(createMetrics(client))
  const operations = createOperations(app, { metrics: client.register })
  expect(await ask(operations, '/health')).toEqual([200, '{"status":"ok"}'])
  expect(await ask(operations, '/ready')).toEqual([200, '{"status":"ok"}'])
  expect((await ask(operations, '/metrics'))[1]).toContain('# TYPE millrace_run_seconds histogram')
  expect((await ask(createOperations(app), '/metrics'))[0]).toBe(404)
  expect((await operations.fetch(new Request('http://x/health', { method: 'POST' }))).status).toBe(405)
  await app.close()
  expect(await ask(operations, '/ready')).toEqual([503, '{"status":"closing"}'])
  expect(await ask(operations, '/health')).toEqual([200, '{"status":"ok"}'])
})

test('a store that cannot answer, or does not, makes a server unready, and the reason stays inside', async () => {
  const real = memory()
  let find: Store['find'] = () => Promise.reject(new MillraceError('store_busy', 'postgres://secret'))
  const store = { ...real, create: real.create.bind(real), list: real.list.bind(real), close: real.close.bind(real), find: (id: string) => find(id) }
  const app = createMillrace({ store, runs, authenticate: anyone, logger: quiet })
  const operations = createOperations(app, { patience: 20 })
  expect(await ask(operations, '/ready')).toEqual([503, '{"status":"store_busy"}'])
  find = () => new Promise(() => undefined)
  expect(await ask(operations, '/ready')).toEqual([503, '{"status":"store_busy"}'])
  await app.close()
})
