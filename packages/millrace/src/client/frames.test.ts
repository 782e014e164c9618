import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { chunksOf } from '../../../../test/support/chunks.ts'
import type { Entry } from '../event/run-event.ts'
import { SseDecoder } from '../format/sse-decode.ts'
import { join, placeOf } from './frames.ts'

const encoder = new TextEncoder()

/** What a place makes of these chunks, and where it stands then. */
function read(chunks: Iterable<Uint8Array>): { readonly entries: readonly Entry[]; readonly cursor: string; readonly ended: boolean } {
  const decoder = new SseDecoder()
  const place = placeOf('')
  const entries: Entry[] = []
  let ended = false
  for (const chunk of chunks) decoder.push(chunk, (event) => (ended = join(event, place, entries)))
  return { entries, cursor: place.cursor, ended }
}

describe('a log', () => {
  const text = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', ' the', 'log, ', 'ä', '😀', '') },
    fc.string({ maxLength: 20 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom('"', '\\', '"}', '\n', 'a\r\nb', '\u2028', '\ufeff', 'x'.repeat(300)),
  )
  const block = fc.record({ block: fc.nat({ max: 2 }), kind: fc.constantFrom('text', 'tool_call', 'ä"'), nth: fc.nat({ max: 1 }) })
  const said = fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('delta'), block: fc.constant(0), kind: fc.constant('text'), nth: fc.constant(0), text }) },
    { weight: 2, arbitrary: block.chain((of) => fc.record({ type: fc.constant('delta'), block: fc.constant(of.block), kind: fc.constant(of.kind), nth: fc.constant(of.nth), text })) },
    { weight: 2, arbitrary: block.map((of) => ({ type: 'block_start', ...of })) },
    fc.record({ type: fc.constantFrom('custom', 'block_end'), first: fc.nat(), block: fc.nat(), text }),
  )
  /** How many entries it joins: only deltas are. */
  const joined = fc.integer({ min: 1, max: 3 })
  const epoch = fc.constantFrom('0123abcd', 'ffffffff', '89ab0000')
  const noise = fc.constantFrom('', '', '', ': a comment\n', ':\n\n', 'event: x\n', 'retry: 5\n', 'foo\n', 'id: 0123abcd-99\n\n')
  const frame = fc.record({ said, joined, epoch, noise, space: fc.constantFrom(' ', '') })
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 })
  const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\r')

  test('is read as it was written, however its frames stand on the wire and wherever that is cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), sizes, lineEnd, fc.boolean(), (frames, cuts, end, withBom) => {
        let offset = 0
        let wire = withBom ? '\ufeff' : ''
        let cursor = ''
        const log: unknown[] = []
        for (const { said, joined, epoch, noise, space } of frames) {
          const first = offset + 1
          offset += said.type === 'delta' ? joined : 1
          const event = offset > first ? { ...said, first } : said
          cursor = `${epoch}-${String(offset)}`
          wire += `${noise}id:${space}${cursor}\ndata:${space}${JSON.stringify(event)}\n\n`
          log.push({ ...event, offset })
        }
        const bytes = encoder.encode(wire.replaceAll('\n', end))
        const heard = read(chunksOf(bytes, cuts))
        expect(heard).toEqual({ entries: log, cursor, ended: false })
        expect(JSON.stringify(heard.entries)).toBe(JSON.stringify(log))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('every frame is held against the place, also a plain delta', () => {
  const delta = (offset: string, more = ''): string => `id: 0123abcd-${offset}\ndata: {"type":"delta","block":0,"kind":"text","nth":0,"text":"${offset}"${more}}\n\n`
  const readText = (...frames: readonly string[]): ReturnType<typeof read> => read([encoder.encode(frames.join(''))])

  test.each([
    ['a gap', '3'],
    ['a place within an entry', '2.1-1'],
    ['a number that is none', '2a'],
  ])('%s is the end of the connection', (_name, id) => {
    expect(() => readText(delta('1'), delta(id))).toThrow(expect.objectContaining({ code: 'incomplete', retryable: true }))
  })

  test('what was had is dropped', () => {
    expect(readText(delta('1'), delta('2'), delta('1'), delta('2'), delta('3')).entries.map(({ offset }) => offset)).toEqual([1, 2, 3])
  })

  test('one that says where it began joins there alone', () => {
    expect(readText(delta('1'), delta('3', ',"first":2')).entries).toMatchObject([{ offset: 1 }, { first: 2, offset: 3 }])
    expect(() => readText(delta('1'), delta('3', ',"first":1'))).toThrow(expect.objectContaining({ code: 'incomplete' }))
  })

  test('without an id it is no entry, and without its end no JSON', () => {
    expect(readText('data: {"type":"delta","block":0,"kind":"text","nth":0,"text":"a"}\n\n').entries).toEqual([])
    expect(() => readText(delta('1').replace('}', ''))).toThrow(SyntaxError)
  })
})

test('a place moves on with an entry only, also where a start cannot be written as JSON again', () => {
  const place = placeOf('')
  const entries: Entry[] = []
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const data = `{"type":"block_start","block":${deep},"kind":"text","nth":0}`
  expect(() => join({ type: 'message', id: '0123abcd-1', data }, place, entries)).toThrow(RangeError)
  expect(entries).toHaveLength(place.offset)
})

test('plain deltas are never parsed as JSON, in whatever block: a place learns of each by its start', () => {
  const blocks = ['text', 'reasoning', 'text'].map((kind, block) => ({ block, kind, nth: Math.floor(block / 2) }))
  const log = blocks.flatMap((of) => [{ type: 'block_start', ...of }, ...['a', 'b', 'c'].map((text) => ({ type: 'delta', ...of, text })), { type: 'block_end', ...of }])
  const wire = encoder.encode(log.map((event, at) => `id: 0123abcd-${String(at + 1)}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
  const parses = vi.spyOn(JSON, 'parse')
  onTestFinished(() => parses.mockRestore())
  expect(read([wire]).entries).toMatchObject(log)
  expect(parses).toHaveBeenCalledTimes(2 * blocks.length)
})
