import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileText } from '../../../../test/support/hostile-text.ts'
import { hasCode } from '../event/error.ts'
import { ByteWriter } from './bytes.ts'
import { json } from './json.ts'
import { JsonArrayDecoder } from './json-decode.ts'

const element = fc.oneof(fc.jsonValue(), hostileText, fc.dictionary(hostileText, hostileText)).map((one) => JSON.stringify(one))

function written(elements: readonly string[]): Uint8Array {
  const { head, separator, tail } = json.around!
  const out = new ByteWriter(1)
  out.raw(head)
  elements.forEach((data, at) => {
    if (at > 0) out.raw(separator)
    out.raw(json.heartbeat!)
    json.frame(out, { cursor: null, event: null, data })
  })
  out.raw(tail)
  return out.take().body
}

test('a stream is one valid JSON array', () => {
  fc.assert(fc.property(fc.array(element), (elements) => {
    expect(JSON.parse(new TextDecoder().decode(written(elements)))).toEqual(elements.map((one) => JSON.parse(one) as unknown))
  }))
})

test('its elements come back as they were written, wherever their bytes are cut', () => {
  fc.assert(fc.property(fc.array(element, { maxLength: 6 }), fc.nat(20), (elements, size) => {
    const decoder = new JsonArrayDecoder()
    const bytes = written(elements)
    const read: unknown[] = []
    for (let at = 0; at < bytes.length; at += size + 1) read.push(...decoder.push(bytes.subarray(at, at + size + 1)))
    expect(read).toEqual(elements.map((one) => JSON.parse(one) as unknown))
    expect(decoder.complete).toBe(true)
  }))
})

test('an array that was cut is no JSON, and never complete', () => {
  fc.assert(fc.property(fc.array(element, { maxLength: 4 }), (elements) => {
    const bytes = written(elements)
    // The line feed behind the closing bracket is no part of it.
    for (let length = 0; length < bytes.length - 1; length += 1) {
      const cut = bytes.subarray(0, length)
      const decoder = new JsonArrayDecoder()
      decoder.push(cut)
      expect(decoder.complete).toBe(false)
      expect(() => JSON.parse(new TextDecoder().decode(cut)) as unknown).toThrow(SyntaxError)
    }
  }), { numRuns: 30 })
})

test.each(['{}', '[1,]', '[,1]', '[1 2]', '[1]]', '[1][2]', 'x', '[x]', '[}]'])('what is no single array is refused: %s', (text) => {
  expect(() => new JsonArrayDecoder().push(new TextEncoder().encode(text))).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_response')) as Error)
})

test.each(['[]', ' [ ] ', '[[1],{"a":"]"}, "\\"]" ]\n'])('an array of any layout is read: %s', (text) => {
  const decoder = new JsonArrayDecoder()
  expect(decoder.push(new TextEncoder().encode(text))).toEqual(JSON.parse(text))
  expect(decoder.complete).toBe(true)
})
