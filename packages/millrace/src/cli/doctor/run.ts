import { SseDecoder } from '../../format/sse-decode.ts'
import { ACCEPT, CONTENT_TYPE, EVENT_STREAM, JSON_TYPE, LAST_EVENT_ID, MILLRACE_RUN } from '../../protocol/headers.ts'
import { runPath } from '../../protocol/routes.ts'
import { streamHeaders } from '../../server/stream-headers.ts'
import type { Access } from '../../client/request.ts'
import { isEndStatus, type RunStatus } from '../../event/run-event.ts'
import { answerTo, lowered } from './ask.ts'
import type { Exchange } from './headers.ts'

/** A run that is there, as far as it was read: its pieces do not say when they were sent. */
export interface RunSeen extends Exchange {
  /** It had more to say when it was asked for. */
  readonly isRunning: boolean
  /** How many pieces it had by then. */
  readonly had: number
  readonly count: number
  /** Of the first piece that came. */
  readonly cursor: string | null
  /** From the question to that, and to the last thing, in ms; `null`: nothing came. */
  readonly first: number | null
  readonly lasted: number
  /** `left`: it goes on. */
  readonly ending: 'whole' | 'clean' | 'cut' | 'left'
  /** The first cursor that came to who has {@link cursor}; `null`: none. */
  readonly next: string | null
}

/** How long a run is looked at, in ms. */
const LOOK = 10_000

/** @throws MillraceError where there is no such run to be had; the signal's reason */
export async function lookAtRun(base: string, id: string, access: Access, signal: AbortSignal): Promise<RunSeen> {
  const url = base + runPath(id)
  const { status, tail } = await answerTo(url, { headers: { [ACCEPT]: JSON_TYPE }, signal }, access)
    .then((response) => response.json() as Promise<{ readonly status: RunStatus; readonly tail: number }>)
  const asked = { [ACCEPT]: EVENT_STREAM }
  const began = performance.now()
  const leave = AbortSignal.any([signal, AbortSignal.timeout(LOOK)])
  const response = await answerTo(url, { headers: asked, signal: leave }, access)
  const read = await readEvents(response, Infinity)
  signal.throwIfAborted()
  const answered = Object.fromEntries(response.headers)
  return {
    where: `GET ${EVENT_STREAM}`, asked: lowered(asked), answered, hello: expected(id, asked),
    isRunning: !isEndStatus(status), had: tail, count: read.count, cursor: read.cursor,
    first: read.cursor === null ? null : read.came - began, lasted: performance.now() - began,
    ending: read.ending === 'cut' && leave.aborted ? 'left' : read.ending,
    next: await nextAfter(url, read.cursor, access, signal),
  }
}

/** What a server of ours says of any such answer, as PROTOCOL.md §7 has it. */
function expected(id: string, asked: Readonly<Record<string, string>>): NonNullable<Exchange['hello']> {
  return { asked: lowered(asked), answered: lowered({ ...streamHeaders(EVENT_STREAM), [MILLRACE_RUN]: id }) }
}

async function nextAfter(url: string, cursor: string | null, access: Access, signal: AbortSignal): Promise<string | null> {
  if (cursor === null) return null
  const leave = AbortSignal.any([signal, AbortSignal.timeout(LOOK)])
  const response = await answerTo(url, { headers: { [ACCEPT]: EVENT_STREAM, [LAST_EVENT_ID]: cursor }, signal: leave }, access)
  return (await readEvents(response, 1)).cursor
}

interface Events {
  count: number
  /** Of the first one, and when it came. */
  cursor: string | null
  came: number
  ending: 'whole' | 'clean' | 'cut'
}

/** @param most leaves after so many */
async function readEvents(response: Response, most: number): Promise<Readonly<Events>> {
  const decoder = new SseDecoder()
  const events: Events = { count: 0, cursor: null, came: 0, ending: 'clean' }
  // What is no stream of events has none.
  if (!(response.headers.get(CONTENT_TYPE) ?? '').startsWith(EVENT_STREAM)) return events
  try {
    for await (const chunk of response.body ?? []) {
      decoder.push(chunk, (event) => {
        if (event.type !== 'message' || event.id === null) return
        if (events.count === 0) Object.assign(events, { cursor: event.id, came: performance.now() })
        events.count += 1
        if (event.data.startsWith('{"type":"end"')) events.ending = 'whole'
      })
      if (events.count >= most) break
    }
    return events
  } catch {
    return { ...events, ending: 'cut' }
  }
}
