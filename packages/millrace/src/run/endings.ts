import { hasCode, MillraceError } from '../event/error.ts'
import { isEndStatus } from '../event/run-event.ts'
import type { RunId, RunRecord, Store } from '../store/store.ts'
import { after, atMost } from './after.ts'
import type { AnyRunDefinition } from './define.ts'
import type { Logger } from './logger.ts'
import { outcomeIn, type EndedRun } from './outcome.ts'
import { Overdue } from './overdue.ts'

export interface EndingsOptions {
  readonly store: Store
  readonly runs: Readonly<Record<string, AnyRunDefinition>>
  readonly logger: Logger
  /** For so long, in ms, a run that ended elsewhere is left to the process that worked on it. */
  readonly patience: number
  /** Its log may be packed to its end now. */
  readonly onTold: (run: RunId) => void
}

/** In ms. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 600_000
/** So long one that is under way is waited for when this process closes. */
const CLOSE_PATIENCE = 2_000
/** So many are told at a time: each holds a whole answer. */
const AT_ONCE = 16
/** A call that takes so many times `patience` keeps nobody else waiting any more. */
const HANGING = 6

interface Telling {
  told: boolean
  callOff: () => void
  done: Promise<void>
}

/**
 * Calls `onEnd`, at least once for each run. Until that succeeded the log is not packed to its end, and so it stands
 * on the store's own list of what is to be done: whichever process finds it there goes on.
 */
export class Endings {
  readonly #options: EndingsOptions
  readonly #tellings = new Map<RunId, Telling>()
  readonly #elsewhere = new Overdue()
  readonly #waiting: (() => void)[] = []
  #calls = 0
  #closed = false

  constructor(options: EndingsOptions) {
    this.#options = options
  }

  /** Of how many runs nobody could be told yet. */
  get size(): number {
    return this.#tellings.size
  }

  /** Whether nobody is to be told of the end any more; else that begins, and is said to `onTold`. */
  isTold(record: RunRecord): boolean {
    const definition = this.#of(record)
    // Whether a kind that is not known here has anything to call, another process knows.
    if (!definition?.onEnd) return definition !== undefined
    const known = this.#tellings.get(record.id)
    if (known) return known.told
    if (!this.#closed) {
      const telling: Telling = { told: false, callOff: () => undefined, done: Promise.resolve() }
      this.#tellings.set(record.id, telling)
      telling.done = this.#tell(record, telling, 0)
    }
    return false
  }

  /** Those of the runs that are still left to the processes that worked on them. */
  leftToOthers(due: readonly RunRecord[]): ReadonlySet<RunId> {
    const others = due.filter((record) => this.#of(record)?.onEnd !== undefined && !this.#tellings.has(record.id)).map(({ id }) => id)
    this.#elsewhere.keep(others)
    return new Set(others.filter((id) => this.#elsewhere.seen(id) < this.#options.patience))
  }

  /** The log is packed to its end, or is not there any more. */
  forget(run: RunId): void {
    this.#tellings.get(run)?.callOff()
    this.#tellings.delete(run)
  }

  /** Leaves to others what is to be tried again; what is under way has a moment. */
  async close(): Promise<void> {
    this.#closed = true
    const under = [...this.#tellings.values()]
    for (const telling of under) telling.callOff()
    await atMost(CLOSE_PATIENCE, Promise.all(under.map(({ done }) => done)))
  }

  #of({ kind }: { readonly kind: string }): AnyRunDefinition | undefined {
    const { runs } = this.#options
    return Object.hasOwn(runs, kind) ? runs[kind] : undefined
  }

  /** Never rejects. */
  async #tell(record: RunRecord, telling: Telling, failures: number): Promise<void> {
    const { id, kind } = record
    await this.#place()
    try {
      const ended = await this.#read(record)
      if (ended === null) {
        this.forget(id)
        return
      }
      await this.#call(ended, telling)
    } catch (error) {
      this.#options.logger.error('`onEnd` failed. It is called again.', { run: id, kind, error })
      if (!this.#closed && !telling.told) this.#later(record, telling, failures)
    } finally {
      this.#leave()
    }
  }

  /** @throws MillraceError `busy` where it hangs; it may succeed later all the same */
  async #call(ended: EndedRun, telling: Telling): Promise<void> {
    const { onTold } = this.#options
    const limit = HANGING * this.#options.patience
    const onEnd = this.#of(ended)?.onEnd as ((ended: EndedRun) => unknown) | undefined
    const call = Promise.resolve(ended).then(onEnd).then(() => {
      if (telling.told) return
      telling.told = true
      telling.callOff()
      onTold(ended.run)
    })
    let callOff = (): void => undefined
    const hanging = new Promise<never>((_, reject) => {
      callOff = after(limit, () => reject(new MillraceError('busy', `It has not come back for ${String(limit)} ms.`)))
    })
    await Promise.race([call, hanging]).finally(callOff)
  }

  #later(record: RunRecord, telling: Telling, failures: number): void {
    telling.callOff = after(Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE), () => {
      telling.done = this.#tell(record, telling, failures + 1)
    })
  }

  /** `null` where it was deleted, or has expired. */
  async #read({ id, principal }: RunRecord): Promise<EndedRun | null> {
    const { store } = this.#options
    try {
      const loaded = await store.load(id)
      const { createdAt, endedAt, status } = loaded.record
      if (endedAt === null || !isEndStatus(status)) return null
      return { ...(await outcomeIn(store, loaded, Infinity)), run: id, principal, createdAt, endedAt }
    } catch (error) {
      if (hasCode(error, 'gone') || hasCode(error, 'not_found')) return null
      throw error
    }
  }

  async #place(): Promise<void> {
    if (this.#calls < AT_ONCE) this.#calls += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    // The place is handed on, so that nobody slips in between.
    const next = this.#waiting.shift()
    if (next) next()
    else this.#calls -= 1
  }
}
