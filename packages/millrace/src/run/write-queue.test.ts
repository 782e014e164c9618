import { expect, onTestFinished, test, vi } from 'vitest'
import { FEW } from './line-buffer.ts'
import { WriteQueue } from './write-queue.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const HEAD = encoder.encode('{"type":"delta","block":0,"kind":"text","nth":0,"text":"')

test('a joined line says where it began in the log, over lines and writes before it', () => {
  const queue = new WriteQueue(1_000, 40)
  const firsts = [1, 2].map(() => {
    queue.append('{"type":"own"}')
    for (let count = 0; count <= FEW; count += 1) queue.appendDelta(HEAD, 'a')
    const lines = decoder.decode(queue.next()?.bytes).split('\n')
    return lines.map((line) => (JSON.parse(line) as { readonly first?: number }).first)
  })
  expect(firsts).toEqual([[undefined, 42], [undefined, 42 + FEW + 2]])
})

test.each([['plain', 'a', 1], ['of two bytes', 'ä', 2], ['that JSON escapes', '\u0001', 6]])('a delta is as large as its JSON: text %s', (_name, unit, size) => {
  const queue = new WriteQueue(HEAD.length + 2 + 10 * size, 0)
  queue.appendDelta(HEAD, unit.repeat(10))
  expect(() => queue.appendDelta(HEAD, unit.repeat(11))).toThrow(expect.objectContaining({ code: 'too_large' }))
  expect(queue.next()?.count).toBe(1)
})

test('what cannot fit whatever its characters is refused without being encoded', () => {
  const queue = new WriteQueue(1_000, 0)
  const encoded = vi.spyOn(TextEncoder.prototype, 'encode')
  onTestFinished(() => encoded.mockRestore())
  const refused = expect.objectContaining({ code: 'too_large' }) as Error
  expect(() => queue.append('x'.repeat(1_001))).toThrow(refused)
  expect(() => queue.appendDelta(HEAD, 'x'.repeat(1_001))).toThrow(refused)
  expect(() => queue.checkpoint('x'.repeat(1_001))).toThrow(refused)
  expect(encoded).not.toHaveBeenCalled()
})

test('what was taken is not waiting any more, also of writes that were full', () => {
  const queue = new WriteQueue(1_000, 0)
  queue.checkpoint('{}')
  queue.append('{"type":"own"}')
  while (queue.next() !== null);
  expect(queue.size).toBe(0)
})
