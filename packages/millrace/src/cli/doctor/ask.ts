import { refusalOf, send, type Access, type Send } from '../../client/request.ts'
import { MillraceError } from '../../event/error.ts'
import { GAP, LAST } from '../../protocol/doctor.ts'
import { ACCEPT, CONTENT_TYPE, IDEMPOTENCY_KEY, JSON_TYPE, PREFER, RESPOND_ASYNC } from '../../protocol/headers.ts'
import { Deadline } from './deadline.ts'
import { readPattern } from './read.ts'
import type { Headers as HeaderRecord, StreamSeen } from './seen.ts'

export interface Asking {
  readonly url: string
  readonly access: Access
  readonly signal: AbortSignal
}

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly accept: string
  readonly query?: string
  readonly headers?: HeaderRecord
  /** How long it will say nothing, in ms. */
  readonly silence?: number
}

/** So much later than it should have ended it is given up, in ms. */
const PATIENCE = 30_000
/** As long as a real one, so that what dislikes such headers shows it. */
const KEY = 'millrace-doctor-0123456789'

export function wordsFor({ method, accept }: Question): string {
  return `${method} ${accept}`
}

/**
 * Asks for a pattern and reads it to its end.
 * @throws MillraceError where it is refused or no answer comes; the signal's reason
 */
export function ask({ url, access, signal }: Asking, question: Question): Promise<StreamSeen> {
  const asked = {
    [ACCEPT]: question.accept, [IDEMPOTENCY_KEY]: KEY, [PREFER]: RESPOND_ASYNC, 'Accept-Encoding': 'gzip, br', ...question.headers,
    ...(question.method === 'POST' && { [CONTENT_TYPE]: JSON_TYPE }),
  }
  const body = question.method === 'POST' ? '{}' : undefined
  return Deadline.within(LAST * GAP + (question.silence ?? 0) + PATIENCE, signal, async (deadline) => {
    const response = await answerTo(url + (question.query ?? ''), { headers: asked, body, signal: deadline.signal }, access)
    const { ending, ...read } = await readPattern(response)
    return {
      where: wordsFor(question), asked: lowered(asked), answered: Object.fromEntries(response.headers),
      ending: ending === 'cut' && deadline.isOver ? 'silent' : ending, ...read,
    }
  })
}

/** @throws MillraceError where it is refused or no answer comes */
export async function answerTo(url: string, sent: Send, access: Access): Promise<Response> {
  const response = await send(url, sent, access).catch((cause: unknown) => {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('incomplete', 'No answer came.', { cause })
  })
  if (!response.ok) throw (await refusalOf(response)).error
  return response
}

/** By name in lower case. */
export function lowered(headers: HeaderRecord): HeaderRecord {
  return Object.fromEntries(new Headers(headers))
}
