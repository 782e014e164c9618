import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { randomRunId } from '../run/ids.ts'
import { isRunId, runPath } from './routes.ts'
import { codeOf, STATUS } from './status.ts'

/** The table of §7: rows of statuses, and the codes of each. */
function documented(): [string, number][] {
  const rows = readFileSync(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8').matchAll(/^\| ([\d /]+) \| (`.*) \|$/gm)
  return [...rows].flatMap(([, statuses = '', codes = '']) => {
    const groups = codes.split(' / ')
    return statuses.split(' / ').flatMap((status, index) => [...(groups[index] ?? '').matchAll(/`(\w+)`/g)].map(([, code = '']): [string, number] => [code, Number(status)]))
  })
}

test('codes have the statuses that the protocol says', () => {
  const codes = documented()
  expect(codes.length).toBeGreaterThan(15)
  for (const [code, status] of codes) expect([code, (STATUS as Readonly<Record<string, number>>)[code]]).toEqual([code, status])
})

test('a response’s code is the one it names, else what its status says', () => {
  expect(codeOf(500, 'fenced')).toBe('fenced')
  expect(codeOf(409, 'from_the_future')).toBe('from_the_future')
  expect(codeOf(404)).toBe('not_found')
  expect(codeOf(410, { code: 'reset' })).toBe('gone')
  expect(codeOf(418)).toBe('invalid_response')
})

test('an id of a run is one or two parts of 22 characters, and nothing else', () => {
  const id = randomRunId()
  expect([id, `${id}.${id}`].map(isRunId)).toEqual([true, true])
  expect([`${id}x`, id.slice(1), `${id}.`, `.${id}`, `${id}.${id}.${id}`, `${id}\n`, `../${id.slice(3)}`, ''].map(isRunId)).not.toContain(true)
})

test('a path holds whatever a kind is named', () => {
  expect(runPath('a/b?c')).toBe('/runs/a%2Fb%3Fc')
})
