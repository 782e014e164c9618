import { MillraceError } from '../../event/error.ts'
import { refusal } from '../refusal.ts'
import { recordAt } from '../rules.ts'
import type { RunId } from '../store.ts'
import type { Blobs } from './blobs.ts'
import type { Stored } from './clients.ts'
import type { Engine } from './engine.ts'
import { decodeHead, encodeHead } from './head.ts'
import type { Head } from './head.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import type { Row } from './message.ts'
import type { Names } from './names.ts'
import { Recent } from './recent.ts'

/** Runs of which the newest message is remembered, a kilobyte each: whoever appends to more of them asks before each write. */
const REMEMBERED = 10_000
/** In ms: a server that came back with less than it had is noticed by asking, so what is older is asked for again. */
const FRESH = 1_000
/** A slow subscriber is cut off by the server with all it has not read: large rows are left to be fetched. */
const LARGEST_INLINE = 256 * 1024
/** For the headers of a message and its first line. */
const SPARE = 400

/** A run as its newest message tells it, and which message that is. */
export interface Standing extends Head {
  readonly seq: number
  readonly row: Row | null
}

/** A run that nobody has made, or that left no trace. */
export interface Absent {
  /** The message that a new run follows; 0: none. */
  readonly seq: number
}

interface Remembered {
  readonly standing: Standing
  readonly since: number
}

/**
 * The logs. A run is one subject, and the last message there says all about it: every change is one message,
 * accepted only where nobody else has written since the one it goes on from.
 */
export class Log {
  readonly #engine: Engine
  readonly #names: Names
  readonly #blobs: Blobs
  readonly #remembered = new Recent<RunId, Remembered>(REMEMBERED)

  constructor(engine: Engine, names: Names, blobs: Blobs) {
    this.#engine = engine
    this.#names = names
    this.#blobs = blobs
  }

  /** What this process saw or wrote last, if that was a moment ago. It may be out of date: only a write on top of it tells. */
  remembered(run: RunId): Standing | null {
    const found = this.#remembered.get(run)
    return found && performance.now() - found.since < FRESH ? found.standing : null
  }

  forget(run: RunId): void {
    this.#remembered.delete(run)
  }

  forgetAll(): void {
    this.#remembered.clear()
    this.#blobs.forget()
  }

  /** The newest message, whatever it says. */
  async newest(run: RunId): Promise<Standing | null> {
    const found = await this.#engine.last(this.#names.logs, this.#names.log(run))
    return found && standingOf(run, found)
  }

  /** A run that has its data. @throws MillraceError `not_found`, `gone` */
  async alive(run: RunId): Promise<Standing> {
    const standing = await this.newest(run)
    if (standing === null) throw refusal('not_found', run)
    const record = recordAt(standing.state.record, standing.state.policy, this.#engine.now())
    if (record === null) throw refusal('not_found', run)
    if (record.deletedAt !== null) throw refusal('gone', run)
    return standing
  }

  /** Whether nobody has written since: what is missing then is missing for good. @throws MillraceError `not_found`, `gone` */
  async isNewest(run: RunId, { seq }: Standing): Promise<boolean> {
    return (await this.alive(run)).seq === seq
  }

  /**
   * The next message of a run.
   *
   * @returns `null` where somebody else has written: nothing was changed then
   */
  async commit(run: RunId, after: Standing | Absent, head: Head, row: Row | null = null): Promise<Standing | null> {
    const said = encodeHead(head)
    const kept = row === null ? null : await this.#fitting(run, row, said.length)
    const message = encodeMessage({ row: kept, isQuiet: 'state' in after && !isNews(after, head), head: said })
    if (message.length + SPARE > this.#engine.largest) throw tooLarge(message.length)
    try {
      const seq = await this.#engine.publish(this.#names.log(run), message, after.seq)
      if (seq === null) {
        this.forget(run)
        return null
      }
      const standing = { ...head, seq, row: kept }
      // Not its bytes: what was written is read by others.
      this.#remembered.set(run, { standing: { ...standing, row: null }, since: performance.now() })
      return standing
    } catch (error) {
      this.forget(run)
      throw error
    }
  }

  /**
   * Changes a run, however many others do so at the same time: who was overtaken decides anew.
   *
   * @param decide what the run shall say next, or `null` where nothing is to be changed. `null` instead of a decision: what it
   *   looked at is gone by now, and it is asked anew
   * @returns what was decided, and the run after it
   */
  async change<T extends { readonly next: Head | null }>(
    run: RunId, decide: (standing: Standing) => T | Promise<T | null>,
  ): Promise<{ readonly decided: T; readonly standing: Standing }> {
    for (;;) {
      const standing = await this.alive(run)
      const decided = await decide(standing)
      if (decided === null) continue
      if (decided.next === null) return { decided, standing }
      const committed = await this.commit(run, standing, decided.next)
      if (committed) return { decided, standing: committed }
    }
  }

  /** A row that is too large for its message is put beside it. */
  async #fitting(run: RunId, row: Row, headLength: number): Promise<Row> {
    // Three bytes a character at most.
    const room = Math.min(LARGEST_INLINE, this.#engine.largest - 3 * headLength - SPARE)
    return row.body.length <= room ? row : { ...row, at: await this.#blobs.put(run, 'rows', row.body) }
  }
}

function tooLarge(bytes: number): MillraceError {
  return new MillraceError('too_large', `What NATS must keep of this run in every message has ${String(bytes)} bytes: set \`max_payload\` higher, or give it a shorter title.`)
}

/**
 * Whether anyone who watches a run without new entries must look at it. A renewed lease is no news: its holder hears of
 * every message too, asks for signals when it is woken, and would renew it for ever.
 */
function isNews(before: Head, after: Head): boolean {
  const [was, is] = [before.state.record, after.state.record]
  return was.status !== is.status || was.fence !== is.fence || was.deletedAt !== is.deletedAt || before.pieces.signals.length < after.pieces.signals.length
}

/** @throws MillraceError `store_corrupt` */
function standingOf(run: RunId, { seq, data }: Stored): Standing {
  const { row, head } = decodeMessage(data)
  return { ...decodeHead(run, head), seq, row }
}
