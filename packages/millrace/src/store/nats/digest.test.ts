import { expect, test } from 'vitest'
import { digestOf } from './digest.ts'

test('a digest tells apart what differs in one bit, in order or in length', () => {
  const text = new TextEncoder().encode('{"type":"delta","text":"a token or two"}')
  const others = Array.from({ length: text.length * 8 }, (_, bit) => text.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)))
  const zeros = Array.from({ length: 100 }, (_, length) => new Uint8Array(length))
  const digests = [text, text.toReversed(), ...others, ...zeros].map(digestOf)
  expect(new Set(digests).size).toBe(digests.length)
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{16}$/)
})

test('no two of a hundred thousand short texts look the same', () => {
  const encoder = new TextEncoder()
  expect(new Set(Array.from({ length: 100_000 }, (_, i) => digestOf(encoder.encode(String(i))))).size).toBe(100_000)
})
