import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from './bytes.ts'
import type { WireFrame } from './format.ts'
import type { SocketFrame } from '../protocol/socket.ts'
import { decodeMessage, framesMessage, websocket, websocketText } from './websocket.ts'

const text = new TextDecoder()
const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('{"forged":1}', '"},{"', '\r\n\0\u2028', '</script>', '[DONE]', '{'))
const place = fc.record({ cursor: fc.option(hostile), event: fc.option(hostile) })

function sent(format: typeof websocket, ref: string, frames: readonly WireFrame[]): unknown {
  const out = new ByteWriter()
  for (const frame of frames) format.frame(out, frame)
  return decodeMessage(text.decode(framesMessage(ref, out.take().body)))
}

const placed = ({ cursor, event }: { cursor: string | null; event: string | null }): Partial<SocketFrame> =>
  ({ ...(cursor === null ? {} : { cursor }), ...(event === null ? {} : { event }) })

test('frames come out as they went in', () => {
  fc.assert(fc.property(fc.array(fc.tuple(place, fc.dictionary(hostile, fc.jsonValue())), { minLength: 1 }), (frames) => {
    const json = frames.map(([where, data]) => ({ ...where, data: JSON.stringify(data) }))
    const expected = frames.map(([where, data]) => ({ ...placed(where), data: JSON.parse(JSON.stringify(data)) as unknown }))
    expect(sent(websocket, 'a', json)).toEqual(wellFormed({ type: 'frames', ref: 'a', frames: expected }))
    expect(sent(websocket, 'a', json.map((frame) => ({ ...frame, data: new TextEncoder().encode(frame.data) })))).toEqual(wellFormed({ type: 'frames', ref: 'a', frames: expected }))
  }))
})

test('HTML comes out as it went in, whatever it looks like', () => {
  fc.assert(fc.property(fc.array(fc.tuple(place, hostile), { minLength: 1 }), (frames) => {
    const expected = frames.map(([where, data]) => ({ ...placed(where), data }))
    expect(sent(websocketText, 'a', frames.map(([where, data]) => ({ ...where, data })))).toEqual(wellFormed({ type: 'frames', ref: 'a', frames: expected }))
  }))
})

test('what is no JSON object stands as a string', () => {
  expect(sent(websocket, 'a', [{ cursor: null, event: null, data: '[DONE]' }])).toMatchObject({ frames: [{ data: '[DONE]' }] })
})

test.each(['', 'x', 'null', '7', '[]', '{}', '{"type":7}', '{"type":"frames"'])('%j is no message', (message) => {
  expect(() => decodeMessage(message)).toThrow(expect.objectContaining({ code: 'invalid_response' }))
})

/** As UTF-8 says it: half of a surrogate pair is a replacement character. JSON escapes what it writes itself. */
function wellFormed(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message))
}
