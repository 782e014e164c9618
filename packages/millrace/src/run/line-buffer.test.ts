import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deltaHead, LineBuffer } from './line-buffer.ts'

const HEAD = '{"type":"delta","block":0,"kind":"text","nth":0,"text":'
const head = deltaHead(HEAD)
const decoder = new TextDecoder()

/** Short and long, plain and not: what is written by hand and what is left to native code. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 250 }),
  fc.string({ unit: 'binary', maxLength: 250 }),
  fc.constantFrom('"', '\\', '\u007f', '\n', '\0', '\ud83d', 'é', '雨', '🌧', 'x'.repeat(200), 'x'.repeat(201), 'ü'.repeat(9_000)),
)
const steps = fc.array(fc.oneof(
  fc.record({ do: fc.constant('delta' as const), text: texts }),
  fc.record({ do: fc.constant('line' as const), text: texts }),
  fc.record({ do: fc.constant('cut' as const), text: texts }),
  fc.record({ do: fc.constant('take' as const) }),
), { maxLength: 60 })

test('what is taken is the JSON of what was added, and does not change afterwards', () => {
  fc.assert(fc.property(steps, (list) => {
    const buffer = new LineBuffer()
    const taken: { readonly bytes: Uint8Array; readonly lines: string }[] = []
    let lines: string[] = []
    for (const step of list) {
      if (step.do === 'take') {
        taken.push({ bytes: buffer.take(), lines: lines.join('\n') })
        lines = []
        continue
      }
      const before = buffer.size
      if (step.do === 'line') buffer.add(JSON.stringify(step.text))
      else buffer.addDelta(head, step.text)
      if (step.do === 'cut') buffer.cut(before)
      else lines.push(step.do === 'line' ? JSON.stringify(step.text) : `${HEAD}${JSON.stringify(step.text)}}`)
      expect(buffer.size).toBe(new TextEncoder().encode(lines.join('\n')).length)
    }
    for (const { bytes, lines: said } of taken) expect(decoder.decode(bytes)).toBe(said)
  }))
})

test('tokens of one log share few arrays, of a size that goes with the log', () => {
  const buffer = new LineBuffer()
  const arrays = new Map<ArrayBufferLike, number>()
  for (let token = 0; token < 1_000; token += 1) {
    buffer.addDelta(head, 'a token of an answer')
    const { buffer: array } = buffer.take()
    arrays.set(array, array.byteLength)
  }
  expect([...arrays.values()].slice(0, 6)).toEqual([1024, 2048, 4096, 8192, 16_384, 16_384])
  expect(arrays.size).toBeLessThan(12)
})
