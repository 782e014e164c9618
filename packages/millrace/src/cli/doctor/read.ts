import { MillraceError } from '../../event/error.ts'
import { MAX_EVENT, SseDecoder } from '../../format/sse-decode.ts'
import { LAST, type PatternFrame, type PatternHello } from '../../protocol/doctor.ts'
import { CONTENT_TYPE } from '../../protocol/headers.ts'
import type { Arrival, Ending } from './seen.ts'

export interface Read {
  readonly hello: PatternHello | null
  readonly frames: readonly Arrival[]
  readonly ending: Exclude<Ending, 'silent'>
  readonly waited: number
}

/**
 * Reads a pattern to whatever end it comes to.
 * @throws MillraceError `invalid_response` for what is no pattern
 */
export async function readPattern(response: Response): Promise<Read> {
  const reader = response.body?.getReader()
  if (!reader) throw noPattern()
  const decode = (response.headers.get(CONTENT_TYPE) ?? '').includes('ndjson') ? lines() : events()
  let hello: PatternHello | null = null
  const frames: Arrival[] = []
  let last = performance.now()
  try {
    for (let read = await next(reader); read !== 'cut'; read = await next(reader)) {
      if (read === 'clean') return { hello, frames, ending: frames.at(-1)?.n === LAST ? 'whole' : 'clean', waited: performance.now() - last }
      const came = performance.now()
      for (const frame of decode(read)) {
        last = came
        if (frame.type === 'hello') hello = frame
        else frames.push({ n: frame.n, at: frame.at, came })
      }
      // Whoever goes on after that has no end.
      if (frames.length > LAST) throw noPattern()
    }
    return { hello, frames, ending: 'cut', waited: performance.now() - last }
  } finally {
    // What is read no more has nothing more to say, and a body that broke has said so above.
    void reader.cancel().catch(() => undefined)
  }
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | 'clean' | 'cut'> {
  try {
    const { done, value } = await reader.read()
    return done ? 'clean' : value
  } catch {
    return 'cut'
  }
}

type Decode = (chunk: Uint8Array) => PatternFrame[]

function events(): Decode {
  const decoder = new SseDecoder()
  return (chunk) => {
    const frames: PatternFrame[] = []
    decoder.push(chunk, (event) => {
      if (event.type === 'message') frames.push(frameOf(event.data))
    })
    return frames
  }
}

function lines(): Decode {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > MAX_EVENT) throw noPattern()
    return parts.filter((line) => line !== '').map(frameOf)
  }
}

function frameOf(json: string): PatternFrame {
  try {
    const frame: unknown = JSON.parse(json)
    if (isFrame(frame)) return frame
  } catch {
    // Said below.
  }
  throw noPattern()
}

function isFrame(value: unknown): value is PatternFrame {
  if (typeof value !== 'object' || value === null) return false
  const { type, n, at, stream, asked, answered } = value as Readonly<Record<string, unknown>>
  if (typeof n !== 'number' || typeof at !== 'number') return false
  return type === 'hello' ? typeof stream === 'string' && isTexts(asked) && isTexts(answered) : type === 'beat' || type === 'large' || type === 'end'
}

function isTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string')
}

function noPattern(): MillraceError {
  return new MillraceError('invalid_response', 'What answers there is no pattern of the doctor.')
}
