import { expect, test } from 'vitest'
import { MillraceError } from '../event/error.ts'
import type { Heard } from './limits.ts'
import { pauseBefore, retried, type Refusal } from './retry.ts'

const never = new AbortController().signal

function refused(status: number | null, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { status, header: (name) => headers[name] ?? null }
}

/** Asks a model that fails as often as there are `failures`, then answers. */
async function ask(failures: readonly unknown[], refusal: Refusal, before: readonly Heard[] = []): Promise<{ asked: number; error: unknown; heard: unknown[] }> {
  let asked = 0
  const heard: unknown[] = []
  const model = async function* (): AsyncGenerator<Heard, void, undefined> {
    asked += 1
    yield* before
    if (asked <= failures.length) throw failures[asked - 1]
    yield await Promise.resolve({ said: ['ok'], size: 2 })
  }
  let error: unknown = null
  try {
    for await (const { said } of retried(model, () => refusal, 2, never)) heard.push(...said)
  } catch (thrown) {
    error = thrown
  }
  return { asked, error, heard }
}

test.each([null, 408, 409, 429, 500, 503, 529])('what may pass is asked again: %s', (status) => {
  expect(pauseBefore(0, refused(status), 0.5)).toBe(250)
})

test.each([400, 401, 403, 404, 422])('what stays is not: %s', (status) => {
  expect(pauseBefore(0, refused(status), 0.5)).toBeNull()
})

test('who answers may say whether to ask again, and when', () => {
  expect(pauseBefore(0, refused(500, { 'x-should-retry': 'false' }), 0)).toBeNull()
  expect(pauseBefore(0, refused(400, { 'x-should-retry': 'true' }), 0)).toBe(0)
  expect(pauseBefore(0, refused(429, { 'retry-after': '7' }), 0.5)).toBe(7_250)
  expect(pauseBefore(0, refused(429, { 'retry-after': '0.5' }), 0)).toBe(500)
  expect(pauseBefore(0, refused(429, { 'retry-after': 'soon' }), 0)).toBe(0)
  expect(pauseBefore(0, refused(429, { 'retry-after': '61' }), 0)).toBeNull()
  expect(pauseBefore(0, refused(503, { 'retry-after': new Date(Date.now() + 30_000).toUTCString() }), 0)).toBeGreaterThan(28_000)
})

test('pauses grow, up to a limit', () => {
  expect([0, 1, 2, 3, 4, 5, 60].map((retry) => pauseBefore(retry, refused(null), 1))).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000])
})

test('a model that fails before its first token is asked again, as often as was said', async () => {
  const broken = new Error('no')
  expect(await ask([broken, broken], refused(null))).toEqual({ asked: 3, error: null, heard: ['ok'] })
  const { asked, error } = await ask([broken, broken, broken], refused(503))
  expect(asked).toBe(3)
  expect(error).toMatchObject({ code: 'model_unavailable', cause: broken })
})

test('signs of life are no token', async () => {
  expect(await ask([new Error('no')], refused(null), [{ said: [], size: 0 }])).toMatchObject({ asked: 2, heard: ['ok'] })
})

test('a model that fails after its first token is never asked again, and what it said stays said', async () => {
  const broken = new Error('no')
  expect(await ask([broken], refused(503), [{ said: ['so far'], size: 6 }])).toMatchObject({ asked: 1, heard: ['so far'], error: { code: 'model_failed', cause: broken } })
})

test('a request that was not accepted says so', async () => {
  const { asked, error } = await ask([new Error('secret')], refused(400))
  expect(asked).toBe(1)
  expect(error).toMatchObject({ code: 'model_failed', message: 'The model did not accept the request.' })
})

test('our own errors are nothing to ask again for', async () => {
  const missing = new MillraceError('missing_package', 'Install it.')
  for (const error of [missing, new Error('The vendor’s.', { cause: new Error('And again.', { cause: missing }) })]) {
    expect(await ask([error], refused(null))).toMatchObject({ asked: 1, error: missing })
  }
})

test('an abort ends the pause before the next try', async () => {
  const controller = new AbortController()
  const model = async function* (): AsyncGenerator<Heard, void, undefined> {
    setTimeout(() => controller.abort('stop'), 1)
    yield await Promise.reject<Heard>(new Error('no'))
  }
  const reading = (async () => {
    for await (const heard of retried(model, () => refused(429, { 'retry-after': '50' }), 2, controller.signal)) expect(heard).toBeNull()
  })()
  await expect(reading).rejects.toBe('stop')
})
