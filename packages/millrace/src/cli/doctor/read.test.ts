import { expect, test } from 'vitest'
import { LAST } from '../../protocol/doctor.ts'
import { readPattern } from './read.ts'

const HELLO = { type: 'hello', n: 0, at: 0, stream: 's', heartbeat: null, asked: {}, answered: {} }
const beat = (n: number): object => ({ type: n === LAST ? 'end' : 'beat', n, at: n })
const WHOLE = [HELLO, ...Array.from({ length: LAST }, (_, index) => beat(index + 1))]

const lines = (frames: readonly object[]): string => frames.map((frame) => `${JSON.stringify(frame)}\n`).join('\n')
const events = (frames: readonly object[]): string => frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(':\n')

function answer(type: string, text: string, size: number, cut = false): Response {
  const bytes = new TextEncoder().encode(text)
  let from = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (from < bytes.length) controller.enqueue(bytes.slice(from, (from += size)))
      else if (cut) controller.error(new Error('reset'))
      else controller.close()
    },
  })
  return new Response(body, { headers: { 'Content-Type': type } })
}

test.each([['text/event-stream', events], ['application/x-ndjson', lines]] as const)('%s is read however it is cut into pieces', async (type, write) => {
  for (const size of [1, 7, 100_000]) {
    const { hello, frames, ending } = await readPattern(answer(type, write(WHOLE), size))
    expect(hello).toEqual(HELLO)
    expect(frames.map(({ n }) => n)).toEqual(WHOLE.slice(1).map((_, index) => index + 1))
    expect(ending).toBe('whole')
  }
})

test('a reset is told from an end, and an end from a whole', async () => {
  const part = events(WHOLE.slice(0, 4))
  expect((await readPattern(answer('text/event-stream', part, 50, true))).ending).toBe('cut')
  expect((await readPattern(answer('text/event-stream', part, 50))).ending).toBe('clean')
  expect((await readPattern(answer('text/event-stream', '', 50))).ending).toBe('clean')
})

test.each([
  ['no JSON', '<html>'], ['another JSON', '[]'], ['null', 'null'], ['no number', '{"type":"beat","n":"1","at":0}'],
  ['a strange type', '{"type":"delta","n":1,"at":0}'], ['a hello that says nothing', '{"type":"hello","n":0,"at":0}'],
  ['no end to it', events(Array.from({ length: LAST + 2 }, () => beat(1))).slice(6, -2)],
])('%s is no pattern', async (_name, data) => {
  await expect(readPattern(answer('text/event-stream', `data: ${data}\n\n`, 1000))).rejects.toMatchObject({ code: 'invalid_response' })
})

test('a line without an end is not kept for ever', async () => {
  await expect(readPattern(answer('application/x-ndjson', 'x'.repeat(3_000_000), 100_000))).rejects.toMatchObject({ code: 'invalid_response' })
})
