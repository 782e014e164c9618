import { hasCode, MillraceError } from '../event/error.ts'
import { isEndStatus, type Json, type ProgressFeed } from '../event/run-event.ts'
import type { Acquired, CreateRun, Loaded, RunId, RunRecord } from '../store/store.ts'
import { checkInput, checkSignal, type AnyRunDefinition } from './define.ts'
import { CANCELLED, PRODUCER_LOST } from './ending.ts'
import { Execution } from './execution.ts'
import { isSignalId, keyedRunId, randomNonce, randomRunId } from './ids.ts'
import { groupFor } from './feed.ts'
import { Trouble } from './logger.ts'
import { insist } from './insist.ts'
import { digestFor } from './claim.ts'
import { Overdue } from './overdue.ts'
import { Sealing } from './sealing.ts'
import { endRun } from './end-run.ts'
import { unref } from './unref.ts'
import { Readership, type Follower } from './readership.ts'
import type { WorkerOptions } from './worker-options.ts'

export interface StartOptions {
  readonly principal: string
  /** The same key of the same principal and kind joins the same run. */
  readonly key?: string | undefined
  readonly group?: string | undefined
  /**
   * A place in the group that one run can have: whoever is the first to take it, by whatever key. Who comes second is
   * given the run that has it; {@link claimOf} tells whose that is.
   */
  readonly place?: string | undefined
  /** What was asked for, where the input says more than that: what a key is compared by. Default: the input. */
  readonly claimed?: Json | undefined
  /** The item of progress that the run is; it belongs to the group of what that is a part of. */
  readonly progress?: ProgressFeed | undefined
  /** The message that the run goes on with, where another run began it. */
  readonly message?: string | undefined
}

export interface Started {
  readonly record: RunRecord
  /** False where the key joined a run that was there. */
  readonly created: boolean
}

/** How often orphaned runs are looked for, and how often unsealed ones. */
const CLAIM_INTERVAL = 1_000
const SEAL_INTERVAL = 10_000
/** At most so many runs are claimed at one look; after a full one the next comes at once. */
const CLAIM_LIMIT = 32
/** So long a call with an unknown outcome is repeated; somebody may be waiting for it. */
const PATIENCE = 2_000
const FOREIGN_GRACE = 60_000
/** Short enough that a process holds few idle handlers, long enough that a busy run is seldom begun again. */
const SIGNAL_PATIENCE = 30_000
/** Characters of JSON. Signals that nobody took yet come with the answer to every write. */
export const SIGNAL_SIZE: number = 64 * 1024
/** No other signal has it: a run is cancelled once. */
const CANCEL_ID = '!cancel'
const TITLE_LENGTH = 200

const encoder = new TextEncoder()

/** Starts runs, works on them, and takes over those whose producer was lost: one a process. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #executions = new Map<RunId, Execution>()
  readonly #foreign = new Overdue()
  readonly #readership: Readership
  readonly #sealing: Sealing
  readonly #trouble: Trouble
  readonly #timer: ReturnType<typeof setInterval>
  #claiming: Promise<void> | null = null
  #nextSeal = 0
  #closed = false

  constructor(options: WorkerOptions) {
    const { store, runs, logger, sealing = SEAL_INTERVAL } = options
    this.#options = options
    this.#readership = new Readership(options.store, options.readership)
    this.#sealing = new Sealing({ store, runs, logger, interval: sealing })
    this.#trouble = new Trouble(options.logger, 'Looking for orphaned runs failed.')
    this.#timer = setInterval(() => this.#tick(), Math.min(CLAIM_INTERVAL, options.lease / 3))
    unref(this.#timer)
  }

  /**
   * Starts a run, or joins the one that the key names.
   * @throws MillraceError `unknown_kind`, `invalid_input`, `key_reused`, `gone`
   */
  async start(kind: string, input: Json, { principal, key, group: named, place, claimed = input, progress, message }: StartOptions): Promise<Started> {
    if (this.#closed) throw new MillraceError('closed', 'This server is shutting down. Ask again in a moment.')
    const definition = this.#definition(kind)
    if (!definition) throw new MillraceError('unknown_kind', 'There is no run of this kind here.')
    const checked = await checkInput(definition, input)
    const feed = progress ?? definition.progress?.(checked as never) ?? null
    const group = groupFor(named, feed)
    const name = place ?? key
    const id = name === undefined ? randomRunId(group) : await keyedRunId(principal, kind, group ?? null, name)
    const digest = await digestFor(claimed, key, place)
    const { policy } = this.#options
    const title = (definition.title?.(checked as never) ?? '').slice(0, TITLE_LENGTH)
    const run: CreateRun = {
      kind, principal, title, input: JSON.stringify(input), digest,
      policy: { ...policy, retention: definition.retention ?? policy.retention },
      start: encoder.encode(JSON.stringify({ type: 'start', run: id, kind, message, ...(feed === null ? {} : { progress: feed }) })),
      nonce: randomNonce(),
      ttl: this.#options.lease,
    }
    const { record, created, lease } = await insist(() => this.#options.store.create(id, run), PATIENCE)
    if (place !== undefined && !created) return { record, created }
    if (record.deletedAt !== null) throw new MillraceError('gone', 'This run was there and has expired; its key stays used for a while.')
    if (record.digest !== digest) throw new MillraceError('key_reused', 'This Idempotency-Key was used with another input. Use a new key.')
    if (group !== undefined) this.#options.onGrouped?.(record)
    const loaded = { record, input: run.input, checkpoint: null, snapshot: null }
    if (lease) await this.#work(definition, { record, lease, signals: [], waited: false }, loaded)
    return { record, created }
  }

  /**
   * Sends a run what its handler takes. The same id twice is one signal; an ended run takes none.
   * @throws MillraceError `unknown_kind`, `invalid_input`, `invalid_request`, `too_large`
   */
  async signal({ id, kind }: RunRecord, type: string, data: Json, signalId: string = randomNonce()): Promise<RunRecord> {
    if (!isSignalId(signalId)) throw new MillraceError('invalid_request', 'A signal’s `id` is 1 to 64 letters, digits or any of . _ : -')
    if (type === 'cancel') return this.cancel(id)
    const definition = this.#definition(kind)
    if (!definition) throw new MillraceError('unknown_kind', 'Runs of this kind are not worked on here.')
    await checkSignal(definition, type, data)
    const signal = { id: signalId, type, data: JSON.stringify(data) }
    if (signal.data.length > SIGNAL_SIZE) throw new MillraceError('too_large', `A signal brings at most ${String(SIGNAL_SIZE)} characters of JSON.`)
    const record = await insist(() => this.#options.store.signal(id, signal), PATIENCE)
    if (record.status === 'waiting' && !this.#closed) await this.#claimAll([record])
    return record
  }

  /**
   * Asks a run to stop. It ends as `cancelled` even where its handler ignores its signal or its
   * producer hangs: then the lease is taken from it after a grace time.
   */
  async cancel(run: RunId): Promise<RunRecord> {
    const { store, grace } = this.#options
    const record = await insist(() => store.signal(run, { id: CANCEL_ID, type: 'cancel', data: 'null' }), PATIENCE)
    if (isEndStatus(record.status)) return record
    if (record.status !== 'running' && (await this.#endAs(run, { revoke: false }))) return (await store.find(run)) ?? record
    // The producer's own grace comes first; this is for one that cannot act any more.
    unref(setTimeout(() => void this.#revoke(run), grace * 2))
    return record
  }

  /** Somebody follows the run here, until the returned function is called. Costs nothing unless its kind asks. */
  follow({ id, kind, endedAt }: RunRecord, follower: Follower): () => void {
    // Of a kind that is not known here another process knows whether it asks.
    const asks = this.#definition(kind)?.cancelWhenUnread !== undefined || this.#definition(kind) === undefined
    return asks && endedAt === null && !this.#closed ? this.#readership.follow(id, follower) : () => undefined
  }

  /** Hands every run over and stops looking for others. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    this.#readership.close()
    await this.#claiming
    await Promise.all([...this.#executions.values()].map((execution) => execution.release()))
    await this.#sealing.close()
  }

  #definition(kind: string): AnyRunDefinition | undefined {
    return Object.hasOwn(this.#options.runs, kind) ? this.#options.runs[kind] : undefined
  }

  /** Resolves at once, unless this worker closed meanwhile: then when the run is handed over. */
  async #work(definition: AnyRunDefinition, acquired: Acquired, loaded: Loaded | null = null): Promise<void> {
    const { store, grace, maxEntry, outcome, logger } = this.#options
    const { record } = acquired
    const execution = new Execution({ store, definition, ...acquired, loaded, grace, maxEntry, outcome, logger })
    this.#executions.set(record.id, execution)
    const { cancelWhenUnread } = definition
    const unwatch = cancelWhenUnread === undefined ? null : this.#readership.watch(record.id, cancelWhenUnread, () => void this.#leave(record.id))
    void execution.done.then(() => {
      unwatch?.()
      if (this.#executions.get(record.id) === execution) this.#executions.delete(record.id)
      this.#sealing.over(record.id)
    })
    if (this.#closed) await execution.release()
  }

  #tick(): void {
    const { lease, patience = SIGNAL_PATIENCE } = this.#options
    for (const [run, execution] of this.#executions) {
      execution.expire()
      execution.renew(lease / 3)
      execution.rest(patience)
      this.#sealing.grown(run, execution.written)
    }
    if (this.#claiming) return
    this.#claiming = this.#claim()
      .then(() => this.#trouble.over(), (error: unknown) => this.#trouble.met(error))
      .finally(() => (this.#claiming = null))
  }

  async #claim(): Promise<void> {
    const { store } = this.#options
    for (let claimed = 1; claimed > 0; ) {
      const due = await store.list({ needs: 'owner', limit: CLAIM_LIMIT })
      this.#foreign.keep(due.map((record) => record.id))
      claimed = await this.#claimAll(due)
      if (due.length < CLAIM_LIMIT) break
      if (claimed === 0) await this.#claimByKind()
    }
    if (this.#closed || Date.now() < this.#nextSeal) return
    this.#nextSeal = Date.now() + (this.#options.sealing ?? SEAL_INTERVAL)
    await this.#sealing.look()
  }

  /** Runs that are not for this process fill a look: its own may stand behind them. */
  async #claimByKind(): Promise<void> {
    for (const kind of Object.keys(this.#options.runs)) {
      await this.#claimAll(await this.#options.store.list({ needs: 'owner', kind, limit: CLAIM_LIMIT }))
    }
  }

  /** @returns how many of them are this worker's now */
  async #claimAll(records: readonly RunRecord[]): Promise<number> {
    let claimed = 0
    for (const record of records) {
      if (this.#closed) break
      try {
        if (await this.#claimOne(record)) claimed += 1
      } catch (error) {
        // One run that cannot be had must not keep the others waiting behind it.
        this.#warn('An orphaned run could not be taken.', record.id, error)
      }
    }
    return claimed
  }

  async #claimOne(record: RunRecord): Promise<boolean> {
    // A lease of our own that ran out while this process stood still: its next write renews it.
    if (this.#executions.has(record.id)) return false
    const definition = this.#definition(record.kind)
    if (!definition) {
      const grace = this.#options.foreignGrace ?? FOREIGN_GRACE
      if (this.#foreign.seen(record.id) > grace) await this.#endAs(record.id, { revoke: false, lost: true })
      return false
    }
    const acquired = await this.#acquire(record.id, false)
    if (!acquired) return false
    await this.#work(definition, acquired)
    return true
  }

  /** `null` where somebody else was faster, or the run has ended or gone meanwhile. */
  async #acquire(run: RunId, revoke: boolean): Promise<Acquired | null> {
    const { store, lease } = this.#options
    const nonce = randomNonce()
    try {
      return await insist(() => store.acquire(run, nonce, lease, { revoke }), PATIENCE)
    } catch (error) {
      if (hasCode(error, 'ended') || hasCode(error, 'gone') || hasCode(error, 'not_found')) return null
      throw error
    }
  }

  /** Cancels a run that nobody reads. Never rejects. */
  async #leave(run: RunId): Promise<void> {
    try {
      await this.cancel(run)
    } catch (error) {
      this.#warn('A run that nobody reads could not be cancelled.', run, error)
    }
  }

  /** Ends a cancelled run whose producer did not. Never rejects. */
  async #revoke(run: RunId): Promise<void> {
    if (this.#closed) return
    try {
      await this.#endAs(run, { revoke: true })
    } catch (error) {
      this.#warn('A cancelled run could not be ended.', run, error)
    }
  }

  /** Takes a run only to end it. False where somebody else holds it or it has its end already. */
  async #endAs(run: RunId, how: { readonly revoke: boolean; readonly lost?: boolean }): Promise<boolean> {
    const { store } = this.#options
    const acquired = await this.#acquire(run, how.revoke)
    if (!acquired) return false
    await endRun(store, acquired, how.lost === true ? PRODUCER_LOST : CANCELLED)
    this.#sealing.over(run)
    return true
  }

  #warn(message: string, run: RunId, error: unknown): void {
    this.#options.logger.warn(message, { run, error })
  }
}
