import { MillraceError } from '../../event/error.ts'
import type { Batch } from '../../event/batch.ts'
import { refusal } from '../refusal.ts'
import type { RunId } from '../store.ts'
import type { Database } from './database.ts'
import { Draft } from './draft.ts'
import { isBusy, toStoreError } from './failure.ts'
import { nextTurn, pause } from './patience.ts'
import type { View } from './view.ts'

/** After so many ms a transaction takes no further write: the loop and other processes want their turn. */
const LONGEST_TRANSACTION = 8

interface Job {
  /** Runs inside the transaction; what it returns tells its caller the result once that is committed. */
  readonly decide: (draft: Draft) => () => void
  readonly reject: (error: MillraceError) => void
  readonly since: number
}

interface QueueOptions {
  readonly database: Database
  readonly view: View
  /** Brings the view up to date; false: there is more. */
  readonly refresh: () => boolean
  readonly clock: () => number
  /** For how many ms a write waits for other processes before it fails with `store_busy`. */
  readonly patience: number
  readonly wake: (run: RunId, batch: Batch | null) => void
}

/**
 * Group commit: all writes of one turn of the event loop go in one transaction, so that a thousand
 * runs that each say a word cost one commit. A refused write takes no other with it.
 */
export class CommitQueue {
  readonly #options: QueueOptions
  #jobs: Job[] = []
  /** So many of the first jobs go alone, because one of them has spoilt a transaction for all. */
  #suspects = 0
  #draining: Promise<void> | null = null
  /** What was flushed is committed in this turn. */
  #isDue = false
  #isBlocked = false
  #isClosed = false

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /**
   * @param flushed what was said in this turn comes at its end, and comes together: it is committed as soon
   * as all of it is here, because another turn would be waited for in vain, and would make two of each
   */
  write<T>(decide: (draft: Draft) => T, flushed = false): Promise<T> {
    if (this.#isClosed) return Promise.reject(refusal('closed'))
    return new Promise((resolve, reject) => {
      this.#jobs.push({
        decide: (draft) => {
          const result = decide(draft)
          return () => { resolve(result) }
        },
        reject,
        since: performance.now(),
      })
      if (!flushed) this.#draining ??= this.#drain()
      else if (!this.#isDue) {
        this.#isDue = true
        process.nextTick(() => { this.#commitFlushed() })
      }
    })
  }

  /** Takes no more writes and ends when those it has are answered. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#jobs.length > 0) this.#draining ??= this.#drain()
    await this.#draining
  }

  #commitFlushed(): void {
    this.#isDue = false
    // Where another process was in the way, the next try is not begun before its time.
    if (this.#isBlocked || this.#jobs.length === 0) return
    this.#isBlocked = !this.#commitNext()
    if (this.#jobs.length > 0) this.#draining ??= this.#drain()
  }

  async #drain(): Promise<void> {
    for (let tries = 0; ;) {
      await nextTurn()
      if (this.#jobs.length === 0) break
      this.#isBlocked = !this.#commitNext()
      if (!this.#isBlocked) {
        tries = 0
        continue
      }
      await pause(tries)
      tries += 1
      this.#giveUpOn((job) => performance.now() - job.since >= this.#options.patience)
    }
    this.#draining = null
  }

  /** Commits what is queued, or as much as fits in one go. False: another process is in the way. */
  #commitNext(): boolean {
    const jobs = this.#suspects > 0 ? this.#jobs.slice(0, 1) : this.#jobs
    try {
      this.#commit(jobs)
      this.#suspects = Math.max(0, this.#suspects - 1)
    } catch (error) {
      if (isBusy(error)) return false
      if (jobs.length > 1) this.#suspects = jobs.length
      else this.#fail(toStoreError(error))
    }
    return true
  }

  #fail(error: MillraceError): void {
    this.#suspects = Math.max(0, this.#suspects - 1)
    this.#jobs.shift()?.reject(error)
  }

  #commit(jobs: readonly Job[]): void {
    const { database, view, clock, wake, refresh } = this.#options
    let answers: (() => void)[] = []
    const draft = database.transaction('IMMEDIATE', () => {
      if (!refresh()) return null
      const opened = new Draft(database, view, clock())
      answers = decideAll(jobs, opened)
      opened.flush()
      return opened
    })
    if (draft === null) return
    this.#jobs.splice(0, answers.length)
    draft.publish(wake)
    for (const answer of answers) answer()
  }

  #giveUpOn(isOver: (job: Job) => boolean): void {
    const late = this.#jobs.filter(isOver)
    this.#jobs = this.#jobs.filter((job) => !isOver(job))
    const error = new MillraceError('store_busy', 'Another process holds the SQLite file; try again.')
    for (const job of late) job.reject(error)
  }
}

/** Asks each job in turn while there is time; gives back how to answer those that were asked. */
function decideAll(jobs: readonly Job[], draft: Draft): (() => void)[] {
  const answers: (() => void)[] = []
  const start = performance.now()
  for (const job of jobs) {
    try {
      answers.push(job.decide(draft))
    } catch (error) {
      // Jobs refuse before they change anything, so the others can go on. Anything else ends the transaction.
      if (!(error instanceof MillraceError)) throw error
      answers.push(() => { job.reject(error) })
    }
    if (performance.now() - start > LONGEST_TRANSACTION) break
  }
  return answers
}
