import type { Entry } from '../../event/run-event.ts'
import { ACCEPT, JSON_TYPE } from '../../protocol/headers.ts'
import type { SnapshotReply } from '../../protocol/wire.ts'
import type { Answer } from '../connector.ts'
import type { Place } from '../frames.ts'
import type { Host } from '../host.ts'
import type { Body } from '../reading.ts'
import { jsonOf, refusalOf, send, type Access } from '../request.ts'
import { catchUp } from './catch-up.ts'
import type { Given } from './given.ts'
import type { Line } from './line.ts'

/** What a poll brought. */
export interface Polled {
  readonly type: 'polled'
  readonly entries: readonly Entry[]
  /** The place they reach to, as the wire wrote it. */
  readonly cursor: string
  readonly offset: number
}

/** A run on its way here, as far as it has come. */
export interface PolledRun {
  readonly line: Line
  readonly url: string
  readonly access: Access
  readonly place: Place
  readonly given: Given
}

/** For how many seconds the server may wait for news. */
const WAIT = 20
/** Long polls in a row that may come to nothing before none waits any more: something cuts those too. */
const MAX_MISSED = 2
/** Between polls, in ms: each brings the whole answer so far, so the longer it is, the longer is the pause. */
const PAUSE = 1_000
const PAUSE_CAP = 10_000
/** Between polls that do not wait. */
const PAUSE_UNWAITED = 3_000
/** UTF-16 units of an answer for a ms more. */
const UNITS_PER_MS = 100

/**
 * A run by one whole answer after another: as long as the server waits for news they come with the news, then
 * at intervals, the last with the run's end.
 */
export async function poll(run: PolledRun, signal: AbortSignal): Promise<Answer<Body<Polled>>> {
  // How it stands is asked for without waiting: where not even that comes through, the network is gone.
  let news: SnapshotReply | null = await ask(run, '', signal).catch((error: unknown) => {
    run.line.open()
    throw error
  })
  let before: SnapshotReply | null = null
  const value: Body<Polled, SnapshotReply> = {
    async read() {
      const value = news ?? (await again(run, before, signal))
      news = null
      return { value }
    },
    push(snapshot, out) {
      const { cursor, offset } = snapshot
      const entries = offset > run.place.offset ? catchUp(run.given, snapshot, before) : []
      before = snapshot
      out({ type: 'polled', entries, cursor, offset })
    },
  }
  return { type: 'opened', value }
}

async function again(run: PolledRun, before: SnapshotReply | null, signal: AbortSignal): Promise<SnapshotReply> {
  const size = before?.text.length ?? 0
  const waits = run.line.missed < MAX_MISSED
  await pause(run.line.host, waits ? Math.min(PAUSE + size / UNITS_PER_MS, PAUSE_CAP) : PAUSE_UNWAITED, signal)
  return ask(run, waits ? `?wait=${WAIT}&after=${encodeURIComponent(run.place.cursor)}` : '', signal)
}

async function ask({ line, url, access }: PolledRun, query: string, signal: AbortSignal): Promise<SnapshotReply> {
  const life = new AbortController()
  signal.addEventListener('abort', () => life.abort(), { signal: life.signal })
  const clear = line.host.timer(WAIT * 1_000 + line.patience, () => life.abort())
  let isMissed = true
  try {
    const response = await send(url + query, { headers: { [ACCEPT]: JSON_TYPE }, signal: life.signal }, access)
    if (response.ok) {
      const snapshot = (await jsonOf(response)) as SnapshotReply
      isMissed = false
      return snapshot
    }
    const { error } = await refusalOf(response)
    isMissed = error.retryable
    throw error
  } finally {
    clear()
    life.abort()
    if (query !== '' && !signal.aborted) line.missed = isMissed ? line.missed + 1 : 0
  }
}

/** Is over too when `signal` aborts. */
function pause(host: Host, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clear()
      signal.removeEventListener('abort', over)
      resolve()
    }
    const clear = host.timer(ms, over)
    signal.addEventListener('abort', over)
  })
}
