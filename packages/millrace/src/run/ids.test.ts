import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../event/run-event.ts'
import { digestOf, keyedRunId, randomNonce, randomRunId } from './ids.ts'

const ID = /^[A-Za-z0-9_-]{22}$/
const GROUP = 'g'.repeat(22)

test('ids and nonces have their form, and no two are the same', () => {
  const ids = Array.from({ length: 200 }, () => randomRunId())
  for (const id of ids) expect(id).toMatch(ID)
  expect(new Set(ids).size).toBe(200)
  expect(randomRunId(GROUP)).toMatch(/^g{22}\.[A-Za-z0-9_-]{22}$/)
  expect(randomNonce()).toMatch(/^[0-9a-f]{32}$/)
  expect(randomNonce()).not.toBe(randomNonce())
})

test('a key names the same run everywhere, and no other parts name that run, however they are joined', async () => {
  const parts = fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }))
  await fc.assert(fc.asyncProperty(parts, parts, async (a, b) => {
    const [idA, again, idB] = await Promise.all([keyedRunId(a[0], a[1], null, a[2]), keyedRunId(a[0], a[1], null, a[2]), keyedRunId(b[0], b[1], null, b[2])])
    expect(idA).toMatch(ID)
    expect(again).toBe(idA)
    expect(idA === idB).toBe(a.join('\u0000') === b.join('\u0000') && a.every((part, index) => part === b[index]))
  }))
  expect(await keyedRunId('a', 'bc', null, 'd')).not.toBe(await keyedRunId('ab', 'c', null, 'd'))
  expect(await keyedRunId('1:a', 'b', null, 'd')).not.toBe(await keyedRunId('1', ':ab', null, 'd'))
  expect((await keyedRunId('a', 'b', GROUP, 'd')).split('.')[1]).not.toBe(await keyedRunId('a', 'b', null, 'd'))
})

test.each(['short', 'g'.repeat(23), `${'g'.repeat(21)}.`, `${'g'.repeat(22)}\n`])('refuses the group %j', async (group) => {
  await expect(keyedRunId('a', 'b', group, 'c')).rejects.toMatchObject({ code: 'invalid_request' })
  expect(() => randomRunId(group)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

/** The same value with the keys of every object in the other order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).reverse().map(([key, field]) => [key, reversed(field)]))
}

test('a digest tells values apart, and the order of keys does not matter', async () => {
  const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json)
  await fc.assert(fc.asyncProperty(json, json, async (a, b) => {
    expect(await digestOf(reversed(a))).toBe(await digestOf(a))
    if (await digestOf(a) === await digestOf(b)) expect(a).toEqual(b)
    expect(await digestOf([a, b])).not.toBe(await digestOf([[a, b]]))
  }))
})
