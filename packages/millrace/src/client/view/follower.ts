import { hasCode, type MillraceError } from '../../event/error.ts'
import { isEndStatus, type RunStatus } from '../../event/run-event.ts'
import { SnapshotFold, type Snapshot } from '../../event/snapshot.ts'
import type { ConnectionStatus } from '../connection.ts'
import type { Run } from '../run.ts'
import { Breath } from './breath.ts'
import { failureOf } from './failure.ts'

/** What a view needs of a run. */
export type Followed = Pick<Run, 'id' | 'batches' | 'cancel' | 'signal' | 'onConnection'>

/** How often a log may be begun anew under one follower: a server that does it without end is not asked without end. */
const RESETS = 3

/** What a run says so far, read while somebody wants to know, and then read on from where it was left. */
export class Follower {
  readonly #run: Followed | null
  readonly #keep: number
  readonly #onChange: (isOver: boolean) => void
  #fold = new SnapshotFold()
  #cursor = ''
  #resets = 0
  #leaving: AbortController | null = null
  #connection: ConnectionStatus = 'idle'
  #failure: MillraceError | null = null

  /**
   * @param keep how much text, in UTF-16 units
   * @param onChange called with every batch, and whether it was the last
   */
  constructor(run: Followed | null, keep: number, onChange: (isOver: boolean) => void) {
    this.#run = run
    this.#keep = keep
    this.#onChange = onChange
  }

  get connection(): ConnectionStatus {
    return this.#connection
  }

  /** Why it cannot be read any further. */
  get failure(): MillraceError | null {
    return this.#failure
  }

  /** UTF-16 units of text that were not kept. */
  get dropped(): number {
    return this.#fold.dropped
  }

  snapshot(): Snapshot {
    return this.#fold.value()
  }

  /** `null` before the first entry. */
  get status(): RunStatus | null {
    const { offset, status, asks } = this.snapshot()
    if (offset === 0) return null
    return asks === undefined ? status : 'waiting'
  }

  /** Reads on. Nothing, where it does already or there is no more. */
  begin(): void {
    const run = this.#run
    if (!run || this.#leaving || isEndStatus(this.snapshot().status)) return
    this.#failure = null
    const leaving = (this.#leaving = new AbortController())
    const stop = run.onConnection((status) => {
      this.#connection = status
      this.#onChange(false)
    })
    leaving.signal.addEventListener('abort', stop)
    void this.#read(run, leaving.signal).then(() => {
      if (this.#leaving !== leaving) return
      this.leave()
      this.#onChange(true)
    })
  }

  /** Drops the connection, and changes nothing about the run. */
  leave(): void {
    this.#leaving?.abort()
    this.#leaving = null
    if (this.#connection !== 'ended' && this.#connection !== 'failed') this.#connection = 'idle'
  }

  async #read(run: Followed, signal: AbortSignal): Promise<void> {
    try {
      await this.#follow(run, signal)
    } catch (error) {
      if (signal.aborted) return
      if (hasCode(error, 'reset') && this.#resets++ < RESETS) {
        this.#fold = new SnapshotFold()
        this.#cursor = ''
        return this.#read(run, signal)
      }
      this.#failure = failureOf(error)
    }
  }

  async #follow(run: Followed, signal: AbortSignal): Promise<void> {
    const breath = new Breath()
    const source = run.batches({ after: this.#cursor, signal })
    for await (const entries of source) {
      if (signal.aborted) return
      for (const entry of entries) this.#fold.add(entry)
      this.#fold.trim(this.#keep)
      this.#cursor = source.cursor
      this.#onChange(false)
      await breath.take()
    }
  }
}
