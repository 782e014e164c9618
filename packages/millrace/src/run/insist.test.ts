import { expect, test } from 'vitest'
import { MillraceError, type ErrorCode } from '../event/error.ts'
import { insist } from './insist.ts'

/** Fails with these codes, then answers. */
function failing(codes: readonly ErrorCode[]): { readonly call: () => Promise<string>; readonly calls: () => number } {
  let calls = 0
  return {
    calls: () => calls,
    call: () => {
      const code = codes[calls++]
      return code === undefined ? Promise.resolve('answer') : Promise.reject(new MillraceError(code, 'injected'))
    },
  }
}

test('a store that gives no answer is asked again until it does', async () => {
  const { call, calls } = failing(['store_busy', 'store_failed'])
  expect(await insist(call, 60_000)).toBe('answer')
  expect(calls()).toBe(3)
})

test.each(['fenced', 'closed', 'gone', 'store_corrupt'] as const)('the answer `%s` is an answer', async (code) => {
  const { call, calls } = failing([code])
  await expect(insist(call, 60_000)).rejects.toMatchObject({ code })
  expect(calls()).toBe(1)
})

test('patience ends', async () => {
  const { call, calls } = failing(Array.from({ length: 100 }, () => 'store_busy' as const))
  await expect(insist(call, 20)).rejects.toMatchObject({ code: 'store_busy' })
  expect(calls()).toBeLessThan(4)
})
