import type { Access } from '../../client/request.ts'
import { MillraceError } from '../../event/error.ts'
import { BEATS, DOCTOR, LAST } from '../../protocol/doctor.ts'
import { EVENT_STREAM, LAST_EVENT_ID } from '../../protocol/headers.ts'
import { ask, wordsFor, type Asking, type Question } from './ask.ts'
import { flowOf, togetherShare } from './flow.ts'
import type { Headers, Observations, Refused, SilenceSeen, StreamSeen } from './seen.ts'
import { alpnOf, trySocket } from './socket.ts'

const LINES = 'application/x-ndjson'
/** The server is asked to cut after this frame. */
const CUT_AFTER = 3
/** And for what follows this one. */
const RESUMED_AFTER = BEATS
/** A machine that is busy holds a stream back now and then; what stands between does it each time. */
const TRIES = 3

const READ = { method: 'GET', accept: EVENT_STREAM } as const

export interface Examination {
  readonly base: string
  readonly access: Access & { readonly headers: Headers }
  /** Seconds of silence to try; 0: none. */
  readonly idle: number
}

/**
 * Looks at everything, in the time that two patterns take.
 * @throws MillraceError where not even the first question is answered; the signal's reason
 */
export async function examine({ base, access, idle }: Examination, signal: AbortSignal): Promise<Observations> {
  const asking: Asking = { url: base + DOCTOR, access, signal }
  const knock = await knockAt(asking)
  const refused: Refused[] = []
  const look = (question: Question, tries: number): Promise<StreamSeen | null> => bestOf(asking, question, tries, refused)
  const [cut, socket, alpn, silence, ...streams] = await Promise.all([
    bestOf(asking, { ...READ, query: `?cut=${String(CUT_AFTER)}` }, 1, []),
    trySocket(base, access.headers, signal),
    alpnOf(base, signal),
    idle === 0 ? null : keepSilent(look, idle),
    look(READ, TRIES),
    look({ ...READ, accept: LINES }, TRIES),
    look({ ...READ, method: 'POST' }, TRIES),
  ])
  // After the others: what kept one of them would answer with it.
  const resumed = await look({ ...READ, headers: { [LAST_EVENT_ID]: String(RESUMED_AFTER) } }, 1)
  signal.throwIfAborted()
  return {
    host: new URL(base).host, knock, cut, resumed, resumedAfter: RESUMED_AFTER, socket, alpn, silence, refused, streams: streams.filter((seen) => seen !== null),
  }
}

/** The last piece of a pattern, alone and first: what refuses this refuses everything. */
async function knockAt(asking: Asking): Promise<StreamSeen> {
  const seen = await ask(asking, { ...READ, headers: { [LAST_EVENT_ID]: String(LAST - 1) } })
  if (seen.hello) return seen
  throw new MillraceError('invalid_response', 'What answers there is no pattern of the doctor.')
}

type Look = (question: Question, tries: number) => Promise<StreamSeen | null>

async function keepSilent(look: Look, seconds: number): Promise<SilenceSeen> {
  const question = { ...READ, silence: seconds * 1000 }
  const query = `?silence=${String(seconds)}`
  const [beating, still] = await Promise.all([look({ ...question, query }, 1), look({ ...question, query: `${query}&heartbeat=off` }, 1)])
  return { seconds, beating, still }
}

/** The least late of some tries; one is enough where nothing is late. */
async function bestOf(asking: Asking, question: Question, tries: number, refused: Refused[]): Promise<StreamSeen | null> {
  let best: StreamSeen | null = null
  try {
    for (let tried = 0; tried < tries && (best === null || flowOf(best.frames) !== 'flows'); tried += 1) {
      const seen = await ask(asking, question)
      if (best === null || togetherShare(seen.frames) < togetherShare(best.frames)) best = seen
    }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    refused.push({ where: wordsFor(question), says: error.message })
  }
  return best
}
