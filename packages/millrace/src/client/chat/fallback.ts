import { hasCode } from '../../event/error.ts'
import type { Entry } from '../../event/run-event.ts'
import type { SseEvent } from '../../format/sse-decode.ts'
import { broken } from '../connection.ts'
import { Connector, type Answer } from '../connector.ts'
import { open, reading } from '../follow.ts'
import { join, placeOf, type Place } from '../frames.ts'
import { Reading, type Body, type Intake } from '../reading.ts'
import { Given } from './given.ts'
import type { Line } from './line.ts'
import { poll, type Polled, type PolledRun } from './poll.ts'

/** The server says something at least so often, in ms. */
const HEARTBEAT = 15_000
/** A stream that lived so long, in ms, is none that something kills. */
const STEADY = 20_000
/** Streams in a row that were cut, or did not even open, before no more are tried. */
const MAX_CUTS = 3

/** Reads one run's stream as {@link reading} does, and by polls where something on the way swallows or kills streams. */
export function readingOver(line: Line): typeof reading {
  let newest: PolledRun | null = null
  return (url, view, options, onStatus) => {
    const after = options?.after ?? ''
    const given = after === '' ? new Given() : newest?.place.cursor === after ? new Given(newest.given) : null
    // What a caller knows who begins at a place of his own is not known here: nothing else could go on from it.
    if (given === null) return reading(url, view, options, onStatus)
    const run = (newest = { line, url, access: options ?? {}, place: placeOf(after), given })
    return new Reading(new Connector(line.host, attemptsAt(run), options?.signal, onStatus), run.place, takeInto(given), view)
  }
}

function attemptsAt(run: PolledRun): (signal: AbortSignal) => Promise<Answer<Body<SseEvent | Polled>>> {
  const { line, url, place, access } = run
  const { host, patience } = line
  /** When the newest stream was asked for, and when it last brought something. */
  let asked: number | null = null
  let heard = 0
  let cuts = 0
  return async (signal) => {
    if (asked !== null) cuts = heard - asked < STEADY ? cuts + 1 : 0
    asked = null
    if (cuts >= MAX_CUTS) {
      cuts = 0
      line.close()
    }
    if (!line.streams) return poll(run, signal)
    asked = heard = host.now()
    const life = new AbortController()
    signal.addEventListener('abort', () => life.abort())
    const answer = await patiently(line, patience, life, open(url, place, life.signal, access))
    if (answer.type !== 'opened') return answer
    const stream = answer.value
    // At the start of a run there is something to read at once, further on perhaps no more than a heartbeat.
    let wait = place.offset === 0 ? patience : patience + HEARTBEAT
    return {
      type: 'opened',
      value: {
        ...stream,
        async read() {
          const read = stream.read()
          const chunk = await (wait ? patiently(line, wait, life, read) : read)
          wait = 0
          heard = host.now()
          return chunk
        },
      },
    }
  }
}

/** Gives up what brings nothing in its time. */
async function patiently<T>(line: Line, ms: number, life: AbortController, work: Promise<T>): Promise<T> {
  const clear = line.host.timer(ms, () => {
    line.close()
    life.abort()
  })
  try {
    return await work
  } catch (error) {
    if (!hasCode(error, 'invalid_response')) throw error
    line.close()
    throw broken('No stream comes through.', error)
  } finally {
    clear()
  }
}

/** Takes in what came either way, and keeps count of it. */
function takeInto(given: Given): Intake<Entry, SseEvent | Polled> {
  return (event, place, items) => {
    const before = items.length
    const ends = event.type === 'polled' ? takePoll(event, place, items) : join(event, place, items)
    for (let at = before; at < items.length; at += 1) given.add(items[at] as Entry)
    return ends
  }
}

function takePoll({ entries, cursor, offset }: Polled, place: Place, items: Entry[]): boolean {
  for (const entry of entries) items.push(entry)
  place.cursor = cursor
  place.offset = offset
  return entries.at(-1)?.type === 'end'
}
