import { hasCode } from '../event/error.ts'
import type { Outline } from '../event/outline.ts'
import type { RunId, Store } from '../store/store.ts'
import { after } from './after.ts'
import type { AnyRunDefinition } from './define.ts'
import { Endings } from './endings.ts'
import { isUnanswered } from './insist.ts'
import type { Logger } from './logger.ts'
import { ROLL_SIZE, rollRun, sealRun } from './sealer.ts'

export interface SealingOptions {
  readonly store: Store
  readonly runs: Readonly<Record<string, AnyRunDefinition>>
  readonly logger: Logger
  /** How often {@link Sealing.look} is called, in ms. */
  readonly interval: number
}

/** How far the log of a run that is written here has been packed. */
interface Growth {
  /** What its producer had written by then, in bytes. */
  readonly written: number
  readonly outline: Outline | null
}

/** Logs that ended elsewhere are looked for so many at a time. */
const LOOK_LIMIT = 32
/** In ms: so long a log that cannot be packed is left alone, and so long nothing is packed while the store is busy. */
const UNPACKABLE_REST = 600_000
const BUSY_REST = 10_000
/** In ms: a thousand logs and a store that is far away must keep no process from going before it is killed. */
const CLOSE_PATIENCE = 5_000

/**
 * Packs logs in the background: those that this process writes as they grow, and any that has ended.
 * One at a time, a slice a turn of the event loop: a thousand runs that grow at once wait in line,
 * and all it costs them is that their readers find more rows.
 */
export class Sealing {
  readonly #store: Store
  readonly #logger: Logger
  readonly #kinds: readonly string[]
  readonly #endings: Endings
  readonly #growth = new Map<RunId, Growth>()
  readonly #waiting = new Set<RunId>()
  /** Since when they could not be packed. The oldest are listed first, and would hide all others. */
  readonly #unpackable = new Map<RunId, number>()
  #line: Promise<void> = Promise.resolve()
  #restsUntil = 0
  #closed = false
  /** The process has no more time for it. */
  #left = false

  constructor({ store, runs, logger, interval }: SealingOptions) {
    this.#store = store
    this.#logger = logger
    this.#kinds = Object.keys(runs)
    // Less than from one look to the next.
    this.#endings = new Endings({ store, runs, logger, patience: interval / 2, onTold: (run) => this.over(run) })
  }

  /** @param written how many bytes its producer has written so far; asked for every run once a second, so it costs a comparison */
  grown(run: RunId, written: number): void {
    if (written - (this.#growth.get(run)?.written ?? 0) < ROLL_SIZE) return
    if (this.#waiting.has(run) || performance.now() < this.#restsUntil) return
    this.#enqueue(run, () => this.#roll(run, written))
  }

  /** This process has nothing more to write: packs the log to its end, if that is there. */
  over(run: RunId): void {
    this.#enqueue(run, () => this.#sealIfEnded(run))
  }

  /** Packs logs that ended and were left so: their process died, or the store was busy. */
  async look(): Promise<void> {
    const now = performance.now()
    for (const [run, since] of this.#unpackable) if (now - since > UNPACKABLE_REST) this.#unpackable.delete(run)
    // Kind by kind: what is not known here is left to those who know whether anybody is to be told of its end.
    const limit = LOOK_LIMIT + this.#unpackable.size + this.#endings.size
    const due = (await Promise.all(this.#kinds.map((kind) => this.#store.list({ needs: 'seal', kind, limit })))).flat()
    const left = this.#endings.leftToOthers(due)
    for (const { id } of due) if (!this.#unpackable.has(id) && !this.#waiting.has(id) && !left.has(id)) this.over(id)
  }

  /** Packs what has ended, as far as that is soon done, and leaves the rest to whoever looks for it. */
  async close(): Promise<void> {
    this.#closed = true
    let over = (): void => undefined
    const late = new Promise<void>((resolve) => (over = after(CLOSE_PATIENCE, resolve)))
    await Promise.race([late, this.#line])
    await this.#endings.close()
    await Promise.race([late, this.#line])
    over()
    this.#left = true
  }

  #enqueue(run: RunId, work: () => Promise<void>): void {
    this.#waiting.add(run)
    this.#line = this.#line.then(async () => {
      this.#waiting.delete(run)
      if (this.#left) return
      try {
        await work()
      } catch (error) {
        this.#failed(run, error)
      }
    })
  }

  async #roll(run: RunId, written: number): Promise<void> {
    if (this.#closed) return
    const outline = this.#growth.get(run)?.outline ?? null
    // Forgotten until it is done: packing folds it on, and may fail half way.
    this.#growth.set(run, { written, outline: null })
    this.#growth.set(run, { written, outline: await rollRun(this.#store, run, outline) })
  }

  async #sealIfEnded(run: RunId): Promise<void> {
    this.#growth.delete(run)
    const record = await this.#store.find(run)
    if (!record || record.deletedAt !== null || record.endedAt === null || record.sealedTo === record.tail) {
      this.#endings.forget(run)
      return
    }
    if (!this.#endings.isTold(record)) return
    await sealRun(this.#store, run)
    this.#endings.forget(run)
  }

  #failed(run: RunId, error: unknown): void {
    // Deleted meanwhile.
    if (hasCode(error, 'gone') || hasCode(error, 'not_found')) return
    this.#logger.warn('A log could not be sealed.', { run, error })
    if (isUnanswered(error)) this.#restsUntil = performance.now() + BUSY_REST
    if (!hasCode(error, 'store_busy')) this.#unpackable.set(run, performance.now())
  }
}
