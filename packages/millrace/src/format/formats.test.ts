import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasCode } from '../event/error.ts'
import { ByteWriter, chunkOf } from './bytes.ts'
import type { Format, WireFrame } from './format.ts'
import { ndjson } from './ndjson.ts'
import { sse } from './sse.ts'
import { plainText } from './text.ts'

function written(format: Format, ...frames: readonly WireFrame[]): Uint8Array {
  const out = new ByteWriter(1)
  for (const frame of frames) format.frame(out, frame)
  return out.take().body
}

function parsed(bytes: Uint8Array): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(new TextDecoder().decode(bytes))
  return events
}

const FORGERIES = ['\n', '\r', '\r\n', '\0', '\u2028', '\u2029', 'a\ndata: b', 'a\n\nid: 9']

test.each(FORGERIES)('no name or id can hold %j', (forgery) => {
  for (const frame of [{ cursor: `a${forgery}`, event: null }, { cursor: null, event: `a${forgery}` }]) {
    expect(() => written(sse, { ...frame, data: '{}' })).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_event')) as Error)
  }
})

test('any other name or id arrives as it is: also letters whose low byte is a line end', () => {
  const word = fc.string({ unit: fc.oneof(fc.constantFrom('č', 'Ċ', 'Ā', '→', '🌍'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), minLength: 1 })
  fc.assert(fc.property(word.filter((text) => !/^ |[\0\r\n\u2028\u2029]|\p{Cs}/u.test(text)), (text) => {
    expect(parsed(written(sse, { cursor: text, event: text, data: '{}' }))).toEqual([{ id: text, event: text, data: '{}' }])
  }))
})

test('any data arrives as it is and forges no field, with LF for whatever ended a line', () => {
  const nasty = fc.array(fc.oneof(fc.constantFrom(...FORGERIES, 'id: 1', 'event: x', ':', 'retry: 1', ' ', '\ufeff'), fc.string({ unit: 'grapheme' })), { maxLength: 8 })
  fc.assert(fc.property(fc.array(nasty, { maxLength: 4 }), (datas) => {
    const frames = datas.map((data, index) => ({ cursor: `c-${String(index)}`, event: 'e', data: data.join('') }))
    expect(parsed(written(sse, ...frames))).toEqual(frames.map(({ cursor, event, data }) => ({ id: cursor, event, data: data.replaceAll(/\r\n|\r/g, '\n') })))
  }))
})

test('bytes and text are framed alike', () => {
  const data = '{"type":"délta","text":"🌍"}'
  for (const format of [sse, ndjson, plainText]) {
    const frame = { cursor: 'c-1', event: null }
    expect(written(format, { ...frame, data: new TextEncoder().encode(data) })).toEqual(written(format, { ...frame, data }))
  }
})

test('a heartbeat is no event and changes no id', () => {
  const frame = (index: number): Uint8Array => written(sse, { cursor: `c-${String(index)}`, event: null, data: '{}' })
  expect(parsed(Buffer.concat([sse.heartbeat!, frame(1), sse.heartbeat!, frame(2)])).map(({ id }) => id)).toEqual(['c-1', 'c-2'])
  expect(Buffer.from(ndjson.heartbeat!).toString()).toBe('\n')
  expect(plainText.heartbeat).toBeNull()
})

test('an NDJSON line is its JSON with the cursor put first', () => {
  const line = (cursor: string | null, data: string): string => Buffer.from(written(ndjson, { cursor, event: 'ignored', data })).toString()
  expect(line('c-1', '{"a":1}')).toBe('{"cursor":"c-1","a":1}\n')
  expect(line('c-1', '{}')).toBe('{"cursor":"c-1"}\n')
  expect(line(null, '{"a":1}')).toBe('{"a":1}\n')
  expect(() => line('c-1', '[1]')).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, 'invalid_event')) as Error)
})

test('a writer takes any mixture of pieces, whatever room it began with, and frames it as one chunk in place', () => {
  const piece = fc.oneof(fc.string({ unit: 'binary' }).map((text) => ({ text })), fc.uint8Array().map((raw) => ({ raw })), fc.string({ unit: 'grapheme-ascii' }).map((ascii) => ({ ascii })))
  fc.assert(fc.property(fc.array(piece), fc.nat(64), (pieces, size) => {
    const out = new ByteWriter(size)
    const encoder = new TextEncoder()
    const expected: Uint8Array[] = []
    for (const one of pieces) {
      if ('text' in one) out.text(one.text)
      else if ('ascii' in one) out.ascii(one.ascii)
      else out.raw(one.raw)
      expected.push('raw' in one ? one.raw : encoder.encode('text' in one ? one.text : one.ascii))
    }
    expect(out.length).toBe(Buffer.concat(expected).length)
    const whole = Buffer.concat(expected)
      const { body, framed } = out.take()
      expect(Buffer.from(body)).toEqual(whole)
      const head = Buffer.from(`${whole.length.toString(16)}\r\n`)
      expect(Buffer.from(framed)).toEqual(whole.length === 0 ? whole : Buffer.concat([head, whole, Buffer.from('\r\n')]))
      expect(framed.buffer).toBe(body.buffer)
  }))
})

test('chunks made side by side in passing are no part of each other, whatever becomes of a body', () => {
  const chunks = Array.from({ length: 3 }, (_, index) => {
    const out = new ByteWriter(8, true)
    out.ascii('x'.repeat(index * 8))
    out.ascii(String(index))
    return out.take()
  })
  const framed = chunks.map((chunk) => Buffer.from(chunk.framed).toString())
  expect(framed).toEqual(['1\r\n0\r\n', '9\r\nxxxxxxxx1\r\n', '11\r\nxxxxxxxxxxxxxxxx2\r\n'])
  // As a byte stream does that is handed one.
  const first = chunks[0]!.body
  structuredClone(first, { transfer: [first.buffer as ArrayBuffer] })
  expect(first).toHaveLength(0)
  expect(chunks.map((chunk) => Buffer.from(chunk.framed).toString())).toEqual(framed)
})

test('nothing is no chunk: one of size 0 would end the body', () => {
  expect(chunkOf(new Uint8Array(0)).framed).toHaveLength(0)
})

test.each([1, 15, 16, 255, 256, 0xfff, 0x1000, 0xffff, 0x10000, 0xff_ffff, 0x100_0000, 0x100_0001])('a chunk of %i bytes says so, however it came to be', (length) => {
  const bytes = new Uint8Array(length).fill(0x61)
  const begun = { exact: new ByteWriter(length), grown: new ByteWriter(0), shared: new ByteWriter(length, true), grownOutOfShare: new ByteWriter(0, true), wasted: new ByteWriter(length * 2 + 4096) }
  for (const [how, out] of Object.entries(begun)) {
    out.raw(bytes)
    const { body, framed } = out.take()
    const head = `${length.toString(16)}\r\n`
    expect([how, Buffer.from(framed.subarray(0, head.length)).toString(), framed.length]).toEqual([how, head, head.length + length + 2])
    expect([how, Buffer.compare(body, bytes), Buffer.from(framed.subarray(-2)).toString()]).toEqual([how, 0, '\r\n'])
  }
})
