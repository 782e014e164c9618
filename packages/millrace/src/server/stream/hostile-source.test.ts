import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, test } from 'vitest'
import { HOSTILE } from '../../../../../test/support/hostile-text.ts'
import { hasCode, PublicError } from '../../event/error.ts'
import { FramedDecoder } from '../../format/framed-decode.ts'
import type { StreamSource } from './source.ts'
import { streamResponse, type StreamOptions } from './response.ts'

interface Sent {
  /** What arrived, also of a stream that was cut. */
  readonly bytes: Uint8Array
  readonly errors: readonly unknown[]
}

async function sent(source: StreamSource, options: StreamOptions): Promise<Sent> {
  const errors: unknown[] = []
  const logger = { warn: () => undefined, error: (_message: string, { error }: Readonly<Record<string, unknown>>) => void errors.push(error) }
  const response = await streamResponse(source, { ...options, logger })
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of response.body!) chunks.push(chunk)
  } catch {
    // A stream that fails is cut; what its reader has by then counts.
  }
  return { bytes: Buffer.concat(chunks), errors }
}

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

function events(bytes: Uint8Array): EventSourceMessage[] {
  const out: EventSourceMessage[] = []
  createParser({ onEvent: (event) => out.push(event) }).feed(decode(bytes))
  return out
}

/** What a name or an id of an event cannot say: it would end its field, or mean something else to a parser. */
const FORGES = /[\0\r\n\u2028\u2029]/

describe.each(HOSTILE.map((text) => ({ shown: JSON.stringify(text), text })))('$shown', ({ text }) => {
  const said = { [text]: [text] }

  test('is the same value, and the same name of a value, in every format that has values', async () => {
    expect(JSON.parse(decode((await sent([text, said], { format: 'json' })).bytes))).toEqual([text, said])
    expect(decode((await sent([text, said], { format: 'ndjson' })).bytes).split('\n')).toEqual([JSON.stringify(text), JSON.stringify(said), ''])
    expect(new FramedDecoder().push((await sent([text, said], { format: 'framed' })).bytes).map(({ data }) => data)).toEqual([text, said])
    const [words, json] = events((await sent([text, said], { format: 'sse' })).bytes)
    // Server-sent events have one line end, and UTF-8 no half characters.
    expect(words?.data).toBe(text.toWellFormed().replaceAll(/\r\n|\r/g, '\n'))
    expect(json).toEqual({ id: undefined, event: undefined, data: JSON.stringify(said) })
  })

  test.each(['text', 'binary'] as const)('is the same text as %s', async (format) => {
    expect(decode((await sent([text], { format })).bytes)).toBe(text.toWellFormed())
  })

  test.each<[string, object | string, StreamOptions]>([
    ['id', { id: text, data: 1 }, {}], ['name', { event: text, data: 1 }, {}], ['default name', 'x', { event: text }],
  ])('is the %s of an event, or is refused there', async (field, value, options) => {
    const { bytes, errors } = await sent([value], { format: 'sse', ...options })
    if (FORGES.test(text)) {
      expect([bytes.length, errors.map((error) => hasCode(error, 'invalid_event'))]).toEqual([0, [true]])
    } else {
      const [event, ...rest] = events(bytes)
      expect([field === 'id' ? event?.id : event?.event, rest]).toEqual([text.toWellFormed(), []])
    }
  })

  test('forges nothing as a first or last message', async () => {
    const { bytes } = await sent(['x'], { format: 'sse', initialMessage: text, closeMessage: text })
    expect(events(bytes)).toEqual([{ id: undefined, event: undefined, data: 'x' }])
  })

  test.each(['sse', 'ndjson', 'framed'] as const)('is the code and the message of an error as %s', async (format) => {
    async function* failing(): AsyncGenerator<string> {
      yield 'x'
      await Promise.reject(new PublicError(text, text))
    }
    const { bytes } = await sent(failing, { format })
    const told: unknown = format === 'framed' ? new FramedDecoder().push(bytes).at(-1)?.data
      : JSON.parse(format === 'sse' ? events(bytes).at(-1)?.data ?? '' : decode(bytes).trimEnd().split('\n').at(-1) ?? '')
    expect(told).toEqual({ type: 'error', error: { code: text, message: text } })
  })
})
