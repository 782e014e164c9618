import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeHead, encodeHead } from './head.ts'
import type { Head } from './head.ts'
import { decodeMessage, decodeRow, encodeMessage, isQuiet } from './message.ts'

const offset = fc.integer({ min: 1, max: 1e9 })
const text = fc.string({ unit: 'grapheme' })
const ref = fc.array(offset, { minLength: 1, maxLength: 3 })
const hex = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${String(length)}}$`))
const bytes = fc.array(text).map((lines) => new TextEncoder().encode(lines.join('\n')))

const heads: fc.Arbitrary<Head> = fc.record({
  state: fc.record({
    record: fc.record({
      id: fc.constant('a-run'), kind: text, principal: text, title: text, digest: text, status: fc.constantFrom('running', 'waiting', 'completed'),
      tail: offset, epochs: fc.array(fc.record({ from: offset, epoch: hex(8) })), fence: offset, losses: offset, leaseUntil: offset,
      createdAt: offset, endedAt: fc.option(offset), sealedTo: offset, deletedAt: fc.option(offset),
    }),
    policy: fc.record({ retention: offset, tombstone: offset }),
    createdBy: hex(32), nonce: fc.option(hex(32)), consumed: offset,
    last: fc.option(fc.record({
      fence: offset, nonce: hex(32), after: offset, count: offset, end: fc.constantFrom(null, 'failed'), release: fc.constantFrom(null, 'queued', 'waiting'),
    })),
  }),
  digest: hex(16), liveFrom: offset,
  pieces: fc.record({
    input: ref, checkpoint: fc.option(fc.record({ offset, at: ref })), snapshot: fc.option(ref), segments: fc.option(ref),
    signals: fc.array(ref), ids: fc.array(hex(16)), olderIds: fc.option(ref),
  }),
})
const places = { first: offset, last: offset, epoch: hex(8) }
const rows = fc.oneof(
  fc.constant(null),
  fc.record({ ...places, at: fc.constant(null), partsSize: fc.nat(), body: bytes }),
  fc.record({ ...places, at: ref, partsSize: fc.nat(), body: fc.constant(new Uint8Array()) }),
)

test('a message comes back as it was, whatever it says', () => {
  fc.assert(fc.property(heads, rows, fc.boolean(), (head, row, quiet) => {
    const message = encodeMessage({ row, isQuiet: quiet, head: encodeHead(head) })
    const told = decodeMessage(message)
    expect(told.row).toEqual(row)
    expect(decodeHead('a-run', told.head)).toEqual(head)
    expect(decodeRow(message)).toEqual(row)
    expect(isQuiet(message)).toBe(quiet && row === null)
  }))
})

test('what is no message of a log is store_corrupt', () => {
  const corrupt = expect.objectContaining({ code: 'store_corrupt' }) as Error
  for (const said of ['', '-', '-\n[]', '1 2\n[]\n', '1 2 zz\n[]\n', '1 2 abcdef01 x\n[]\n']) {
    expect(() => decodeMessage(new TextEncoder().encode(said))).toThrow(corrupt)
  }
  for (const head of ['', '{}', '[]', '[1,2]', 'null']) expect(() => decodeHead('a-run', head)).toThrow(corrupt)
})
