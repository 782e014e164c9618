import { hasCode } from '../../event/error.ts'
import type { Entry } from '../../event/run-event.ts'
import type { SseEvent } from '../../format/sse-decode.ts'
import { broken } from '../connection.ts'
import { Connector, type Answer } from '../connector.ts'
import { open, reading } from '../follow.ts'
import { join, placeOf, type Place } from '../frames.ts'
import { Reading, type Body, type Intake } from '../reading.ts'
import type { Access } from '../request.ts'
import { Given } from './given.ts'
import type { Line } from './line.ts'
import { poll, type Polled, type PolledRun } from './poll.ts'

/** The server says something at least so often, in ms. */
const HEARTBEAT = 15_000
/** A stream that lived so long, in ms, is none that something kills. */
const STEADY = 20_000
/** Streams cut in a row before no more are tried. */
const MAX_CUTS = 3

/** Reads one run's stream as {@link reading} does, and by polls where something on the way swallows or kills streams. */
export function readingOver(line: Line): typeof reading {
  let newest: Follow | null = null
  return (url, view, options, onStatus) => {
    const after = options?.after ?? ''
    const given = after === '' ? new Given() : newest?.place.cursor === after ? new Given(newest.given) : null
    // What a caller knows who begins at a place of his own is not known here: nothing else could go on from it.
    if (given === null) return reading(url, view, options, onStatus)
    const follow = (newest = new Follow(line, url, options ?? {}, placeOf(after), given))
    const connector = new Connector(line.host, (signal) => follow.attempt(signal), options?.signal, onStatus)
    return new Reading(connector, follow.place, follow.intake, view)
  }
}

/** One run on its way here. */
class Follow implements PolledRun {
  readonly line: Line
  readonly url: string
  readonly access: Access
  readonly place: Place
  readonly given: Given
  /** When the newest stream was opened, and when it last brought something. */
  #opened: number | null = null
  #heard = 0
  #cuts = 0

  constructor(line: Line, url: string, access: Access, place: Place, given: Given) {
    this.line = line
    this.url = url
    this.access = access
    this.place = place
    this.given = given
  }

  async attempt(signal: AbortSignal): Promise<Answer<Body<SseEvent | Polled>>> {
    this.#judge()
    if (!this.line.streams) return poll(this, signal)
    const life = new AbortController()
    signal.addEventListener('abort', () => life.abort())
    const { host, patience } = this.line
    const answer = await this.#patiently(patience, life, open(this.url, this.place, life.signal, this.access))
    if (answer.type !== 'opened') return answer
    const read = answer.value
    // At the start of a run there is something to read at once, further on perhaps no more than a heartbeat.
    let wait = patience + (this.place.offset === 0 ? 0 : HEARTBEAT)
    this.#opened = host.now()
    const body: Body = async () => {
      const said = await (wait === 0 ? read() : this.#patiently(wait, life, read()))
      wait = 0
      this.#heard = host.now()
      return said
    }
    return { type: 'opened', value: body }
  }

  readonly intake: Intake<Entry, SseEvent | Polled> = (event, place, items) => {
    const before = items.length
    const ends = event.type === 'polled' ? take(event, place, items) : join(event, place, items)
    for (let at = before; at < items.length; at += 1) this.given.add(items[at] as Entry)
    return ends
  }

  /** Whether the stream before this attempt was killed, and too many before it. */
  #judge(): void {
    if (this.#opened === null) return
    this.#cuts = this.#heard - this.#opened < STEADY ? this.#cuts + 1 : 0
    this.#opened = null
    if (this.#cuts === MAX_CUTS) this.line.close()
  }

  /** Gives up what brings nothing in its time. */
  async #patiently<T>(ms: number, life: AbortController, work: Promise<T>): Promise<T> {
    const clear = this.line.host.timer(ms, () => {
      this.line.close()
      life.abort()
    })
    try {
      return await work
    } catch (error) {
      if (!hasCode(error, 'invalid_response')) throw error
      this.line.close()
      throw broken('No stream comes through.', error)
    } finally {
      clear()
    }
  }
}

function take({ entries, cursor, offset }: Polled, place: Place, items: Entry[]): boolean {
  for (const entry of entries) items.push(entry)
  place.cursor = cursor
  place.offset = offset
  return entries.at(-1)?.type === 'end'
}
