import { expect, test } from 'vitest'
import { packingFor, type Coding } from './compress.ts'

const codings = ['gzip', 'zstd', 'br'].map((name): Coding => ({
  name, stream: (stream) => stream, document: (bytes) => Promise.resolve(new Uint8Array(bytes)),
}))

function chosen(accept: string | null, offered: readonly Coding[] = codings, more: Readonly<Record<string, string>> = {}): string {
  const headers = { ...(accept !== null && { 'Accept-Encoding': accept }), ...more }
  return packingFor(new Request('http://localhost/', { headers }), offered).coding?.name ?? 'identity'
}

test.each([
  [null, 'identity'], ['', 'identity'], ['identity', 'identity'], ['deflate, compress', 'identity'],
  ['gzip, deflate, br, zstd', 'gzip'], ['br', 'br'], ['BR, ZSTD', 'zstd'], ['x-gzip', 'gzip'],
  ['gzip;q=0.5, br', 'br'], ['gzip; q=0.5 , br ;q=0.4', 'gzip'], ['gzip;q=0', 'identity'], ['gzip;q=0, *', 'zstd'],
  ['*', 'gzip'], ['*;q=0.1', 'gzip'], ['br, *;q=0', 'br'], ['identity, *;q=0', 'identity'],
  ['identity;q=0.5, gzip;q=0.4', 'identity'], ['identity;q=0.5, gzip;q=0.5', 'gzip'], ['identity;q=0, br;q=0.001', 'br'],
  ['gzip;q=nonsense', 'identity'], ['gzip;q=2', 'identity'], ['gzip;q=-1, br', 'br'], [',,;q=1,', 'identity'], ['__proto__, constructor', 'identity'],
])('Accept-Encoding %j is answered in %s', (accept, expected) => {
  expect(chosen(accept)).toBe(expected)
})

test.each(['identity;q=0', '*;q=0', 'compress, *;q=0', 'identity;q=0, gzip;q=0, br;q=0, zstd;q=0'])('%j leaves nothing to answer in', (accept) => {
  expect(() => chosen(accept)).toThrow(expect.objectContaining({ code: 'not_acceptable' }))
})

test('who offers no coding refuses only whoever refuses the bytes as they are', () => {
  expect(chosen('gzip, br', [])).toBe('identity')
  expect(() => chosen('gzip, identity;q=0', [])).toThrow(expect.objectContaining({ code: 'not_acceptable' }))
})

test('a range of bytes counts those that are not packed', () => {
  expect(chosen('gzip', codings, { Range: 'bytes=5-' })).toBe('identity')
  expect(() => chosen('gzip, identity;q=0', codings, { Range: 'bytes=5-' })).toThrow(expect.objectContaining({ code: 'not_acceptable' }))
})
