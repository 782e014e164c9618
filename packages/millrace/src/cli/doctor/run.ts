import type { Access } from '../../client/request.ts'
import { isEndStatus } from '../../event/run-event.ts'
import { SseDecoder } from '../../format/sse-decode.ts'
import { ACCEPT, CONTENT_TYPE, EVENT_STREAM, JSON_TYPE, LAST_EVENT_ID, MILLRACE_RUN } from '../../protocol/headers.ts'
import { runPath } from '../../protocol/routes.ts'
import type { SnapshotReply } from '../../protocol/wire.ts'
import { streamHeaders } from '../../server/stream-headers.ts'
import { answerTo, lowered } from './ask.ts'
import { Deadline } from './deadline.ts'
import type { Exchange } from './headers.ts'
import type { Headers } from './seen.ts'

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
  const { status, tail } = (await (await answerTo(url, { headers: { [ACCEPT]: JSON_TYPE }, signal }, access)).json()) as SnapshotReply
  const began = performance.now()
  const asked = { [ACCEPT]: EVENT_STREAM }
  const look = await lookFor(url, asked, access, signal, Infinity)
  const lasted = performance.now() - began
  const next = look.cursor === null ? null : await lookFor(url, { ...asked, [LAST_EVENT_ID]: look.cursor }, access, signal, 1)
  return {
    where: `GET ${EVENT_STREAM}`, asked: lowered(asked), answered: look.answered ?? {}, hello: look.answered && expected(id, asked),
    isRunning: !isEndStatus(status), had: tail, count: look.count, cursor: look.cursor,
    first: look.cursor === null ? null : look.came - began, lasted, ending: look.ending, next: next?.cursor ?? null,
  }
}

/** What a server of ours says of any such answer, as PROTOCOL.md §7 has it. */
function expected(id: string, asked: Readonly<Record<string, string>>): NonNullable<Exchange['hello']> {
  return { asked: lowered(asked), answered: lowered({ ...streamHeaders(EVENT_STREAM), [MILLRACE_RUN]: id }) }
}

interface Look extends Readonly<Events> {
  /** `null`: not even the headers came. */
  readonly answered: Headers | null
}

function lookFor(url: string, headers: Headers, access: Access, signal: AbortSignal, most: number): Promise<Look> {
  return Deadline.within(LOOK, signal, async (deadline) => {
    try {
      const response = await answerTo(url, { headers, signal: deadline.signal }, access)
      const events = await readEvents(response, most)
      return { ...events, answered: Object.fromEntries(response.headers), ending: deadline.isOver ? 'left' : events.ending }
    } catch (error) {
      if (!deadline.isOver) throw error
      return { ...NONE, ending: 'left', answered: null }
    }
  })
}

interface Events {
  count: number
  /** Of the first one, and when it came. */
  cursor: string | null
  came: number
  ending: 'whole' | 'clean' | 'cut' | 'left'
}
const NONE: Events = { count: 0, cursor: null, came: 0, ending: 'clean' }

/** @param most leaves after so many */
async function readEvents(response: Response, most: number): Promise<Readonly<Events>> {
  const decoder = new SseDecoder()
  const events = { ...NONE }
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
