import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileText } from '../../../../test/support/hostile-text.ts'
import { hasCode } from '../event/error.ts'
import { ByteWriter } from './bytes.ts'
import { framed, writeBytes } from './framed.ts'
import { FramedDecoder, type FramedValue } from './framed-decode.ts'

const value: fc.Arbitrary<FramedValue> = fc.oneof(
  fc.record({ cursor: fc.option(fc.constantFrom('7f3a0000-1', '7f3a0000-41.2-1')), data: fc.jsonValue() as fc.Arbitrary<string> }),
  fc.record({ cursor: fc.constant(null), data: hostileText.map((text) => text.toWellFormed()) }),
  fc.record({ cursor: fc.constant(null), data: fc.uint8Array({ maxLength: 40 }) }),
)

function written(values: readonly FramedValue[]): Uint8Array {
  const out = new ByteWriter(1)
  for (const { cursor, data } of values) {
    if (data instanceof Uint8Array) writeBytes(out, data)
    else framed.frame(out, { cursor, event: null, data: JSON.stringify(data) })
    out.raw(framed.heartbeat!)
  }
  out.raw(framed.around!.tail)
  return out.take().body
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other), bytes.length]
  return places.slice(1).map((place, at) => bytes.subarray(places[at], place))
}

/** As JSON reads it back: -0 is 0 there. */
const asJson = (values: readonly FramedValue[]): unknown => values.map(({ cursor, data }) => ({ cursor, data: data instanceof Uint8Array ? data : JSON.parse(JSON.stringify(data)) as unknown }))

test('frames come back as they were written, wherever their bytes are cut', () => {
  fc.assert(fc.property(fc.array(value, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), (values, cuts) => {
    const decoder = new FramedDecoder()
    expect(pieces(written(values), cuts).flatMap((piece) => decoder.push(piece))).toEqual(asJson(values))
    expect(decoder.complete).toBe(true)
  }))
})

test('a stream that was cut gives a beginning of its values and is never complete', () => {
  fc.assert(fc.property(fc.array(value, { maxLength: 4 }), (values) => {
    const bytes = written(values)
    for (let length = 0; length < bytes.length; length += 1) {
      const decoder = new FramedDecoder()
      const read = decoder.push(bytes.subarray(0, length))
      expect(decoder.complete).toBe(false)
      expect(read).toEqual((asJson(values) as unknown[]).slice(0, read.length))
    }
  }), { numRuns: 30 })
})

test.each([
  ['a frame longer than any', [0xff, 0xff, 0xff, 0xff]],
  ['a kind nobody knows', [0, 0, 0, 2, 9, 0]],
  ['a cursor longer than its frame', [0, 0, 0, 2, 0, 7]],
  ['no kind at all', [0, 0, 0, 1, 0]],
  ['no JSON', [0, 0, 0, 3, 0, 0, 0x7b]],
  ['no UTF-8', [0, 0, 0, 3, 0, 0, 0xff]],
  ['something after the end', [0, 0, 0, 2, 2, 0, 0]],
])('what no writer wrote is refused: %s', (_name, bytes) => {
  expect(() => new FramedDecoder().push(Uint8Array.from(bytes))).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_response')) as Error)
})

test('a large frame in many small pieces is joined once, not once a piece', () => {
  const size = 2 * 1024 * 1024
  const out = new ByteWriter()
  writeBytes(out, new Uint8Array(size).fill(7))
  const bytes = out.take().body
  const decoder = new FramedDecoder()
  const values: FramedValue[] = []
  // Copying what came before for each of these would take minutes.
  for (let at = 0; at < bytes.length; at += 16) values.push(...decoder.push(bytes.subarray(at, at + 16)))
  expect(values.map(({ data }) => (data as Uint8Array).length)).toEqual([size])
})
