import type { Batch } from '../event/batch.ts'
import { MillraceError } from '../event/error.ts'
import type { Keeping } from '../event/kept.ts'
import type { Outline } from '../event/outline.ts'
import type { Page, RunId, RunRecord, Store } from '../store/store.ts'
import { gathered, ownOf } from './gather.ts'
import { insist } from './insist.ts'
import { endsRun, epochAt } from './log.ts'
import { segmentAt } from './outline-at.ts'
import { Outlines } from './outlines.ts'
import { Window } from './window.ts'

/** Somebody at the tail: is handed every batch as it lands. */
export interface TailListener {
  /** May begin at or before the offset the listener stands at (a sealed batch). */
  onBatch(batch: Batch): void
  /** The log is gone or is another one (`gone`, `reset`, or a store failure): nothing follows. */
  onLost(error: Error): void
}

const READ_SIZE = 64 * 1024
/** So long, in ms, a store that is busy is asked again before its readers are told. */
const PATIENCE = 30_000
const ANOTHER_LOG = 'The log is not the one that was read before. Read it again from the start.'

/**
 * The newest end of one run's log in this process: one watch and one reader for all local readers.
 * A batch that a wake-up carries is taken if it joins; anything else is read from the store.
 */
export class Tail {
  readonly run: RunId
  readonly #store: Store
  readonly #listeners = new Set<TailListener>()
  readonly #window = new Window()
  /** Pages being read, by their place: readers that catch up side by side share them. */
  readonly #pages = new Map<string, Promise<readonly Batch[]>>()
  readonly #outlines: Outlines
  readonly #onIdle: () => void
  #offset: number
  #epoch: string
  #ended: boolean
  #reading = false
  #again = false
  #lost: Error | null = null
  #unwatch: (() => void) | null
  #holds = 0

  /** @param onIdle nobody holds or listens any more, or nothing follows here; may be called again */
  constructor(store: Store, record: RunRecord, onIdle: () => void) {
    this.run = record.id
    this.#store = store
    this.#offset = record.tail
    this.#epoch = epochAt(record, record.tail)
    this.#ended = record.endedAt !== null
    this.#onIdle = onIdle
    this.#outlines = new Outlines({
      // A cursor may lie beyond what a lost wake-up told this tail: then the store is asked.
      after: (offset, epoch) => (offset < this.#offset ? this.since(offset, epoch) : this.#page(offset, epoch)),
      // Memory may hold rows that have been sealed since: the store knows.
      segmentAt: (offset) => segmentAt((after) => this.#read(after, null), offset),
    })
    this.#unwatch = this.#ended ? null : store.watch(record.id, (batch) => this.#onWake(batch))
  }

  get offset(): number {
    return this.#offset
  }

  /** The terminal entry is at `offset`. */
  get ended(): boolean {
    return this.#ended
  }

  /** Keeps the tail alive until the returned function is called. */
  hold(): () => void {
    this.retain()
    let held = true
    return () => {
      if (!held) return
      held = false
      this.release()
    }
  }

  /** Keeps the tail alive until one {@link release}: for those who are many, and let go once each. */
  retain(): void {
    this.#holds += 1
  }

  release(): void {
    this.#holds -= 1
    this.#settle()
  }

  /** Adds a listener that has everything up to `offset`; what follows is handed to it. */
  join(listener: TailListener): void {
    if (this.#lost) listener.onLost(this.#lost)
    else this.#listeners.add(listener)
  }

  leave(listener: TailListener): void {
    if (this.#listeners.delete(listener)) this.#settle()
  }

  /**
   * The batches after `after`: from memory where they are there (empty at the tail), else from the
   * store. The first may begin at or before `after`.
   * @param epoch under which the entry at `after` was written, where the caller knows
   * @throws MillraceError `reset` where the log is no longer the one the caller read
   */
  since(after: number, epoch: string | null): readonly Batch[] | Promise<readonly Batch[]> {
    if (this.#lost) return Promise.reject(this.#lost)
    if (after === this.#offset && (epoch === null || epoch === this.#epoch)) return []
    return this.#window.after(after, epoch) ?? this.#sharedPage(after, epoch)
  }

  /**
   * The outline after `offset`, for the caller to keep and to fold on. The log is folded once for all readers.
   * @param keeping the texts a dialect needs besides: then the whole log is folded for this caller
   * @throws MillraceError `reset` where the log is shorter, or no longer the one it was
   */
  outlineAt(offset: number, keeping: Keeping | null = null): Promise<Outline> {
    if (this.#lost) return Promise.reject(this.#lost)
    return keeping === null ? this.#outlines.at(offset) : this.#outlines.keeping(keeping, offset)
  }

  /** Whether the record's log ends where this one does. */
  agrees(record: RunRecord): boolean {
    return record.tail === this.#offset && epochAt(record, record.tail) === this.#epoch
  }

  /** Looks at the store now; wake-ups may have been lost, or the log is another one by now. */
  refresh(): void {
    if (!this.#lost) void this.#catchUp()
  }

  /** Stops watching: nobody needs this tail. */
  close(): void {
    this.#unwatch?.()
    this.#unwatch = null
  }

  /** Tells everyone that nothing follows here, though the log may go on elsewhere. */
  abandon(error: unknown): void {
    if (this.#lost) return
    const lost = asError(error)
    this.#lost = lost
    this.close()
    for (const listener of this.#listeners) listener.onLost(lost)
    this.#listeners.clear()
    // Also while it is held: who comes now shall get a tail of the log as it is.
    this.#onIdle()
  }

  #sharedPage(after: number, epoch: string | null): Promise<readonly Batch[]> {
    const place = `${String(after)} ${epoch ?? ''}`
    const page = this.#pages.get(place) ?? this.#page(after, epoch).finally(() => this.#pages.delete(place))
    this.#pages.set(place, page)
    return page
  }

  async #page(after: number, epoch: string | null): Promise<readonly Batch[]> {
    const { batches } = await this.#read(after, epoch)
    // Older than what is known here, or the log is shorter than it was: a read from the tail tells.
    if (batches.length === 0 && after < this.#offset) await this.#catchUp()
    return batches
  }

  async #read(after: number, epoch: string | null): Promise<Page> {
    const page = await insist(() => this.#ask(after), PATIENCE)
    checkContinuity(page, after, epoch)
    // The reader's place may lie before one that the log has lost since, and the tail's behind it.
    if (page.record.tail >= this.#offset && epochAt(page.record, this.#offset) !== this.#epoch) throw this.#reset()
    // Whoever read ahead of the tail brought it forward: a reader never stands beyond it.
    for (const batch of page.batches) this.#absorb(batch)
    this.#window.recall(page, this.#offset)
    return page
  }

  async #ask(after: number): Promise<Page> {
    // Asked again after every wait: nobody insists for a tail that is given up.
    if (this.#lost) throw this.#lost
    const { batches, record } = await this.#store.read(this.run, after, READ_SIZE)
    return { batches: gathered(batches, this.#window.first), record }
  }

  #reset(): MillraceError {
    const error = new MillraceError('reset', ANOTHER_LOG)
    this.abandon(error)
    return error
  }

  #onWake(batch: Batch | null): void {
    // Numbers alone do not prove that a batch joins: after a failover another writer may have issued
    // the same offsets. A new epoch is taken only from a read, which knows the whole table (P13).
    if (batch !== null && batch.first <= this.#offset + 1 && batch.epoch === this.#epoch) this.#absorb(ownOf(batch))
    else void this.#catchUp()
  }

  /** One read at a time for all listeners, until the store has no more. Never rejects. */
  async #catchUp(): Promise<void> {
    this.#again = true
    if (this.#reading) return
    this.#reading = true
    try {
      while (this.#again) {
        this.#again = false
        const before = this.#offset
        await this.#read(before, this.#epoch)
        if (this.#offset > before) this.#again = true
      }
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retryable) this.abandon(error)
    } finally {
      this.#reading = false
    }
  }

  /** Takes a batch that joins; a sealed one may begin before the tail. */
  #absorb(batch: Batch): void {
    if (this.#ended || batch.first > this.#offset + 1 || batch.last <= this.#offset) return
    this.#offset = batch.last
    this.#epoch = batch.epoch
    this.#ended = endsRun(batch)
    this.#window.add(batch)
    for (const listener of this.#listeners) this.#hand(listener, batch)
    if (this.#ended) this.close()
  }

  /** A listener that fails is cut off alone: the others had no part in it. */
  #hand(listener: TailListener, batch: Batch): void {
    try {
      listener.onBatch(batch)
    } catch (error) {
      this.#listeners.delete(listener)
      listener.onLost(asError(error))
      this.#settle()
    }
  }

  #settle(): void {
    if (this.#listeners.size === 0 && this.#holds === 0) this.#onIdle()
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new MillraceError('internal', 'The log was lost.', { cause: error })
}

function checkContinuity({ record }: Page, after: number, epoch: string | null): void {
  if (after > record.tail || (epoch !== null && after > 0 && epochAt(record, after) !== epoch)) {
    throw new MillraceError('reset', ANOTHER_LOG)
  }
}
