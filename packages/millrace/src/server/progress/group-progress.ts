import { entryOf, linesOf, typeOf } from '../../event/lines.ts'
import type { Batch } from '../../event/batch.ts'
import type { Entry } from '../../event/run-event.ts'
import { MillraceError } from '../../event/error.ts'
import { ProgressFold } from '../../progress/fold.ts'
import type { ProgressSnapshot } from '../../progress/snapshot.ts'
import { followBatches } from '../../run/follow.ts'
import type { Logger } from '../../run/logger.ts'
import type { Tails } from '../../run/tails.ts'
import { atEndOfTurn } from '../../run/turn.ts'
import { unref } from '../../run/unref.ts'
import type { RunId, RunRecord, Store } from '../../store/store.ts'
import { PAST, toPast } from './events.ts'

export interface GroupOptions {
  readonly store: Store
  readonly tails: Tails
  readonly principal: string
  readonly group: string
  readonly logger: Logger
  /** Nobody has watched it for a while, or it is lost. */
  readonly onIdle: () => void
}

/** An entry with what a workflow's log says beside `progress`. */
export interface ProgressWord {
  readonly type: string
  readonly past?: unknown
  /** The signal that this answers. */
  readonly command?: unknown
  readonly code?: unknown
  readonly message?: unknown
}

/** Somebody who follows a group's progress. */
export interface ProgressWatcher {
  /** There is news; said once a turn of the event loop at most. */
  onChange?(): void
  /** An entry that may be of progress, as it is folded in. */
  onWord?(word: ProgressWord): void
  /** Nothing follows here: read it again. */
  onLost(error: Error): void
}

/** How often runs are looked for that began in other processes. */
const LOOK_INTERVAL = 1_000
const LIST_LIMIT = 100
/** So long it is kept unwatched: who moves items one after another does not read all logs for each. */
const LINGER = 30_000
/** Much text says nothing of progress but that its run is being worked on, and one of them says that for all. */
const TEXT = 'delta'

/** The progress of one group in this process: reads the log of each of its runs once, for everyone who watches. */
export class GroupProgress {
  readonly fold: ProgressFold = new ProgressFold()
  readonly #options: GroupOptions
  /** How far each run's log is read. */
  readonly #runs = new Map<RunId, number>()
  /** Runs that no listing has named yet: they say nothing of those before them. */
  readonly #unlisted = new Set<RunId>()
  readonly #waiting = new Set<() => void>()
  readonly #watchers = new Set<ProgressWatcher>()
  readonly #leave = new AbortController()
  #ready: Promise<void> | null = null
  #look: ReturnType<typeof setInterval> | null = null
  #linger: ReturnType<typeof setTimeout> | undefined
  #looking: Promise<void> | null = null
  #announced = false
  #told = 0
  #value: ProgressSnapshot | null = null

  constructor(options: GroupOptions) {
    this.#options = options
  }

  /** Resolves when everything that stood in the logs is folded in. @throws MillraceError `not_found`, `closed`, … */
  ready(): Promise<void> {
    this.#ready ??= this.#begin()
    return this.#ready
  }

  /** The newest, made at most once for each state. */
  get value(): ProgressSnapshot {
    if (this.#value?.version !== this.fold.version) this.#value = this.fold.value()
    return this.#value
  }

  /** Until the returned function is called, which also keeps it alive. */
  watch(watcher: ProgressWatcher): () => void {
    const { signal } = this.#leave
    // It was lost between being asked for and being watched.
    if (signal.aborted) queueMicrotask(() => watcher.onLost(signal.reason as Error))
    clearTimeout(this.#linger)
    this.#watchers.add(watcher)
    return () => {
      if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return
      this.#linger = setTimeout(() => this.close(new MillraceError('closed', 'Nobody watches this group any more.')), LINGER)
      unref(this.#linger)
    }
  }

  /** One that began here. What is wrong with its log is told to whoever watches. */
  grown(record: RunRecord): void {
    if (this.#leave.signal.aborted || this.#runs.has(record.id)) return
    this.#unlisted.add(record.id)
    this.#follow(record).catch(() => undefined)
  }

  /** Looks now for runs that began meanwhile. */
  async look(): Promise<void> {
    // One under way may have asked before they began: whoever waits for it looks once more, and all of them at once.
    if (this.#looking) await this.#looking.catch(() => undefined)
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = null))
    await this.#looking
  }

  async #lookOnce(): Promise<void> {
    const reads = (await this.#unknown()).map((record) => this.#follow(record))
    await Promise.all(reads)
  }

  /** Resolves when the run's log is read as far as the record knows of: what another process was told is known here then. */
  async reached(record: RunRecord): Promise<void> {
    const { id, tail } = record
    if (!this.#runs.has(id)) await this.look()
    const isBehind = (): boolean => (this.#runs.get(id) ?? tail) < tail
    // It is being followed: this tells its tail that there is more, should the wake-up be late.
    if (isBehind()) this.#options.tails.of(record)
    while (isBehind()) {
      this.#leave.signal.throwIfAborted()
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  close(error: Error): void {
    if (this.#leave.signal.aborted) return
    this.#leave.abort(error)
    clearTimeout(this.#linger)
    if (this.#look) clearInterval(this.#look)
    this.#options.onIdle()
    this.#wake()
    for (const watcher of [...this.#watchers]) watcher.onLost(error)
  }

  async #begin(): Promise<void> {
    try {
      await this.look()
      if (this.#runs.size === 0) await this.#lone()
      if (this.#runs.size === 0) throw new MillraceError('not_found', 'There is no such group of runs.')
    } catch (error) {
      this.close(error as Error)
      throw error
    }
    if (this.#leave.signal.aborted) return
    this.#look = setInterval(() => void this.look().catch((error: unknown) => this.#warn('Looking for a group’s runs failed.', error)), LOOK_INTERVAL)
    unref(this.#look)
  }

  /** A run in no group is one by itself. */
  async #lone(): Promise<void> {
    const { store, principal, group } = this.#options
    const record = await store.find(group)
    if (record?.principal === principal && record.deletedAt === null) await this.#follow(record)
  }

  /** Newest first, so that a page without news is the last one. */
  async #unknown(): Promise<RunRecord[]> {
    const { store, principal, group } = this.#options
    const found: RunRecord[] = []
    let before: RunRecord | undefined
    for (;;) {
      const page = await store.list({ principal, group, limit: LIST_LIMIT, ...(before === undefined ? {} : { before }) })
      const news = page.filter(({ id }) => !this.#runs.has(id) || this.#unlisted.has(id))
      found.push(...news)
      before = page.at(-1)
      if (news.length === 0 || page.length < LIST_LIMIT) break
    }
    // Not before: a look that fails half way is begun anew.
    for (const { id } of found) this.#unlisted.delete(id)
    return found
  }

  /** Resolves when it has read what the record knows of; goes on to the run's end. */
  #follow(record: RunRecord): Promise<void> {
    // It was listed before it was told to be here.
    if (this.#runs.has(record.id)) return Promise.resolve()
    this.#runs.set(record.id, 0)
    this.fold.run(record)
    return new Promise((resolve, reject) => {
      this.#read(record, resolve).catch((failure: unknown) => {
        const error = failure as Error
        reject(error)
        this.close(error)
      })
    })
  }

  async #read(record: RunRecord, caughtUp: () => void): Promise<void> {
    const { tails, store } = this.#options
    let at = 0
    // A signal of its own: Node takes many listeners to one for a leak, and says so.
    const leave = AbortSignal.any([this.#leave.signal])
    for await (const batch of followBatches(() => tails.of(record), 0, leave)) {
      this.#take(record.id, batch, at)
      at = batch.last
      if (at >= record.tail) caughtUp()
    }
    const ended = await store.find(record.id)
    if (ended) this.fold.run(ended)
    this.#announce()
    caughtUp()
  }

  #take(run: RunId, batch: Batch, after: number): void {
    let isStirred = false
    for (const line of linesOf(batch)) {
      const isText = typeOf(line.bytes) === TEXT
      if (line.offset <= after || (isText && isStirred)) continue
      isStirred ||= isText
      this.#fold(run, entryOf(line, after))
    }
    this.#runs.set(run, batch.last)
    this.#wake()
    this.#announce()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #fold(run: RunId, entry: Entry): void {
    const said: ProgressWord = entry
    if (said.type === PAST) this.fold.recall(toPast(said.past))
    this.fold.add(run, entry)
    for (const watcher of [...this.#watchers]) watcher.onWord?.(said)
  }

  #announce(): void {
    if (this.#announced || this.fold.version === this.#told) return
    this.#announced = true
    atEndOfTurn(() => {
      this.#announced = false
      this.#told = this.fold.version
      for (const watcher of [...this.#watchers]) watcher.onChange?.()
    })
  }

  #warn(message: string, error: unknown): void {
    this.#options.logger.warn(message, { group: this.#options.group, error })
  }
}
