import { isEndStatus } from '../event/run-event.ts'
import { MillraceError } from '../event/error.ts'
import { landing } from '../run/landing.ts'
import { checkCursor } from '../run/log.ts'
import type { RunRecord } from '../store/store.ts'
import type { Caller } from './authenticate.ts'
import { ownRun, withPlace, type Context } from './context.ts'
import { withinTime } from './deadlines.ts'
import { PRESENT } from './ended.ts'
import type { Inquiry } from './inquiry.ts'
import { requestedCursor } from './respond.ts'

/**
 * The run as it is once something follows the request's cursor, its `?wait=` is over, or its caller's
 * proof runs out: whichever comes first. Who waits holds a connection, so it takes a stream's place.
 * @throws MillraceError `invalid_request`, `reset`, `too_many_streams`
 */
export async function awaited(context: Context, request: Inquiry, caller: Caller, record: RunRecord): Promise<RunRecord> {
  const wait = waitOf(request, context.limits.wait)
  const cursor = wait === 0 ? null : requestedCursor(request)
  if (cursor === null) return record
  checkCursor(record, cursor)
  if (cursor.offset < record.tail || isEndStatus(record.status)) return record
  const until = Math.min(Date.now() + wait, caller.expiresAt ?? Infinity)
  await withPlace(context, caller.principal, () =>
    withinTime(context.deadlines, request, until, async (signal) => {
      try {
        await landed(context, record, cursor.offset, signal)
      } catch (error) {
        // Nothing came in its time: that is an answer too, except to one who has left.
        if (!signal.aborted || request.signal.aborted) throw error
      }
    }),
  )
  return ownRun(context, caller.principal, record.id)
}

async function landed(context: Context, record: RunRecord, after: number, signal: AbortSignal): Promise<void> {
  const tail = context.tails.of(record)
  const release = tail.hold()
  const unfollow = context.worker.follow(record, { ...PRESENT })
  try {
    await landing(tail, after, signal)
  } finally {
    release()
    unfollow()
  }
}

/** In ms; more than the limit is the limit. */
function waitOf(request: Inquiry, limit: number): number {
  const text = new URL(request.url).searchParams.get('wait')
  if (text === null || request.method === 'HEAD') return 0
  if (!/^\d{1,6}$/.test(text)) throw new MillraceError('invalid_request', '`wait` is a whole number of seconds.')
  return Math.min(Number(text) * 1_000, limit)
}
