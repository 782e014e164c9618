import type { Batch } from '../event/batch.ts'
import { isEndStatus } from '../event/run-event.ts'
import { batchOf } from './batch-of.ts'
import { NOTHING, empty, isNeeded, rowAfter, type Kept } from './memory-kept.ts'
import { refusal } from './refusal.ts'
import {
  createState, creatorLease, decideAcquire, decideAppend, decideSeal, entomb, hasWaited, isCreator, matchesFilter,
  newestFirst, recordAt, sameBytes,
} from './rules.ts'
import type { RunState } from './rules.ts'
import type {
  AcquireOptions, Acquired, Appended, CreateRun, Created, Lease, ListFilter, Loaded, NewSignal, OnWake, Page,
  RunId, RunRecord, Seal, Store, Write,
} from './store.ts'
import { Watchers } from './watchers.ts'

export interface MemoryOptions {
  /** The store's clock, in ms since the epoch. */
  readonly clock?: () => number
}

/**
 * A store in this process's memory: for tests, and for runs that may die with the process. It
 * survives nothing. Batches it hands out are the ones it keeps: treat their bytes as read-only.
 */
export function memory(options: MemoryOptions = {}): Store {
  return new MemoryStore(options.clock ?? Date.now)
}

/** A sweep that looks at more runs than one call can add keeps up with any growth. Not at appends: cold memory for every token. */
const SWEPT_PER_RUN = 2

class MemoryStore implements Store {
  readonly #clock: () => number
  readonly #runs = new Map<RunId, Kept>()
  /** Runs without an end: what is looked through every second for orphans stays small however many have ended. */
  readonly #open = new Set<RunId>()
  readonly #watchers = new Watchers()
  #sweeping: Iterator<RunId> = this.#runs.keys()
  #closed = false

  constructor(clock: () => number) {
    this.#clock = clock
  }

  create(run: RunId, options: CreateRun): Promise<Created> {
    return this.#answer((now) => {
      this.#sweep(now)
      const known = this.#find(run, now)
      if (known) {
        const created = isCreator(known.state, options)
        return { created, record: known.state.record, lease: created ? creatorLease(options) : null }
      }
      const state = createState(run, options, now)
      const row = batchOf(options.nonce, { after: 0, count: 1, bytes: options.start })
      this.#runs.set(run, {
        state, rows: [row], lastBytes: NOTHING, input: options.input, checkpoint: null, snapshot: null,
        signalled: new Set(), pending: [], readers: new Map(),
      })
      this.#open.add(run)
      this.#watchers.wake(run, row)
      return { created: true, record: state.record, lease: creatorLease(options) }
    })
  }

  acquire(run: RunId, nonce: string, ttl: number, options: AcquireOptions = {}): Promise<Acquired | null> {
    return this.#answer((now) => {
      const kept = this.#live(run, now)
      const decision = decideAcquire(kept.state, nonce, ttl, options.revoke ?? false, now)
      if (decision.kind === 'refused') throw refusal(decision.code, run)
      if (decision.kind === 'held') return null
      kept.state = decision.state
      if (decision.isNew) this.#watchers.wake(run, null)
      return { lease: decision.lease, record: kept.state.record, signals: kept.pending, waited: hasWaited(kept.state) }
    })
  }

  append(run: RunId, lease: Lease, write: Write): Promise<Appended> {
    return this.#answer((now) => {
      const kept = this.#live(run, now)
      const decision = decideAppend(kept.state, lease, write, now, (bytes) => sameBytes(kept.lastBytes, bytes))
      if (decision.kind === 'refused') throw refusal(decision.code, run)
      if (decision.kind === 'written') this.#commit(run, kept, decision.state, lease, write)
      else kept.state = decision.state
      return { tail: kept.state.record.tail, signals: kept.pending }
    })
  }

  read(run: RunId, after: number, maxBytes: number): Promise<Page> {
    return this.#answer((now) => {
      const { rows, state } = this.#live(run, now)
      const batches: Batch[] = []
      let size = 0
      let at = rowAfter(rows, after)
      for (let row = rows[at]; row && (size === 0 || size < maxBytes); row = rows[++at]) {
        batches.push(row)
        size += row.bytes.length
      }
      return { batches, record: state.record }
    })
  }

  find(run: RunId): Promise<RunRecord | null> {
    return this.#answer((now) => this.#find(run, now)?.state.record ?? null)
  }

  load(run: RunId): Promise<Loaded> {
    return this.#answer((now) => {
      const { state, input, checkpoint, snapshot } = this.#live(run, now)
      return { record: state.record, input, checkpoint, snapshot }
    })
  }

  watch(run: RunId, onWake: OnWake): () => void {
    if (this.#closed) throw refusal('closed')
    return this.#watchers.add(run, onWake)
  }

  signal(run: RunId, signal: NewSignal): Promise<RunRecord> {
    return this.#answer((now) => {
      const kept = this.#live(run, now)
      const { record } = kept.state
      if (isEndStatus(record.status) || kept.signalled.has(signal.id)) return record
      kept.signalled.add(signal.id)
      const { id, type, data } = signal
      kept.pending = [...kept.pending, { id, type, data, seq: kept.signalled.size }]
      this.#watchers.wake(run, null)
      return record
    })
  }

  touch(run: RunId, node: string, ttl: number): Promise<number> {
    return this.#answer((now) => {
      const { readers } = this.#live(run, now)
      readers.set(node, now + ttl)
      for (const [reader, until] of readers) if (until <= now) readers.delete(reader)
      return readers.size
    })
  }

  seal(run: RunId, seal: Seal): Promise<void> {
    return this.#answer((now) => {
      const kept = this.#live(run, now)
      const decision = decideSeal(kept.state.record, seal.segments)
      if (decision.kind === 'refused') throw refusal(decision.code, run)
      if (decision.kind === 'done') return
      const { first, last, record } = decision
      const begin = kept.rows.findIndex((row) => row.first === first)
      const end = kept.rows.findIndex((row) => row.last === last)
      if (begin === -1 || end === -1) throw refusal('conflict', run)
      kept.rows = [...kept.rows.slice(0, begin), ...seal.segments, ...kept.rows.slice(end + 1)]
      // By itself: as a part of a larger buffer it would keep all of that, for as long as the run is kept.
      kept.lastBytes = new Uint8Array(kept.lastBytes)
      kept.state = { ...kept.state, record }
      kept.snapshot = seal.snapshot ?? kept.snapshot
    })
  }

  list(filter: ListFilter): Promise<readonly RunRecord[]> {
    return this.#answer((now) => {
      const found: RunRecord[] = []
      for (const run of filter.needs === 'owner' ? this.#open : this.#runs.keys()) {
        const kept = this.#find(run, now)
        if (kept && matchesFilter(kept.state.record, filter) && isNeeded(kept, filter, now)) found.push(kept.state.record)
      }
      found.sort(newestFirst)
      return (filter.needs === undefined ? found : found.reverse()).slice(0, filter.limit)
    })
  }

  delete(run: RunId): Promise<void> {
    return this.#answer((now) => {
      const kept = this.#find(run, now)
      if (!kept) throw refusal('not_found', run)
      if (kept.state.record.deletedAt !== null) return
      empty(kept, entomb(kept.state.record, now))
      this.#open.delete(run)
      this.#watchers.wake(run, null)
    })
  }

  close(): Promise<void> {
    this.#closed = true
    this.#runs.clear()
    this.#open.clear()
    this.#watchers.clear()
    return Promise.resolve()
  }

  /** Runs `work` at once and whole, which is what makes every method atomic. Not `async`: that keeps a frame for every token. */
  #answer<T>(work: (now: number) => T): Promise<T> {
    if (this.#closed) return Promise.reject(refusal('closed'))
    try {
      return Promise.resolve(work(this.#clock()))
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- As it was thrown.
      return Promise.reject(error)
    }
  }

  #commit(run: RunId, kept: Kept, state: RunState, lease: Lease, write: Write): void {
    const hadStatus = kept.state.record.status
    const row = write.count === 0 ? null : batchOf(lease.nonce, write)
    if (row) kept.rows.push(row)
    if (state.last !== kept.state.last) kept.lastBytes = row?.bytes ?? NOTHING
    if (write.checkpoint !== undefined) kept.checkpoint = { offset: state.record.tail, data: write.checkpoint }
    if (state.consumed > kept.state.consumed) {
      kept.pending = kept.pending.filter((signal) => signal.seq > state.consumed)
    }
    kept.state = state
    if (isEndStatus(state.record.status)) this.#open.delete(run)
    if (row || state.record.status !== hadStatus) this.#watchers.wake(run, row)
  }

  /** The run or its tombstone. Whatever has expired goes here. */
  #find(run: RunId, now: number): Kept | null {
    const kept = this.#runs.get(run)
    if (!kept) return null
    const record = recordAt(kept.state.record, kept.state.policy, now)
    if (record === null) {
      this.#runs.delete(run)
      return null
    }
    if (record !== kept.state.record) empty(kept, record)
    return kept
  }

  #live(run: RunId, now: number): Kept {
    const kept = this.#find(run, now)
    if (!kept) throw refusal('not_found', run)
    if (kept.state.record.deletedAt !== null) throw refusal('gone', run)
    return kept
  }

  /** Walks round and round over all runs, a few steps for each new one, so that what nobody asks for goes too. */
  #sweep(now: number): void {
    for (let step = 0; step < SWEPT_PER_RUN; step++) {
      const next = this.#sweeping.next()
      if (next.done) this.#sweeping = this.#runs.keys()
      else this.#find(next.value, now)
    }
  }
}
