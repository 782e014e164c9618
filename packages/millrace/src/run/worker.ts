import { hasCode, MillraceError } from '../event/error.ts'
import { isEndStatus, type Json } from '../event/run-event.ts'
import type { Acquired, CreateRun, Lease, Loaded, Policy, RunId, RunRecord, Signal, Store } from '../store/store.ts'
import { checkInput, type AnyRunDefinition } from './define.ts'
import { Execution, PRODUCER_LOST } from './execution.ts'
import { digestOf, keyedRunId, randomNonce, randomRunId } from './ids.ts'
import type { Logger } from './logger.ts'
import { insist } from './insist.ts'
import { Overdue } from './overdue.ts'
import { Sealing } from './sealing.ts'
import { endRun } from './end-run.ts'

export interface WorkerOptions {
  readonly store: Store
  readonly runs: Readonly<Record<string, AnyRunDefinition>>
  /** How long a producer may be silent before another takes over, in ms. */
  readonly lease: number
  /** How long after cancel a handler may take to stop, in ms. */
  readonly grace: number
  readonly policy: Policy
  readonly maxEntry: number
  /** How long runs of kinds that this process does not know are left to others, in ms, before it ends them. Default: a minute. */
  readonly foreignGrace?: number
  readonly logger: Logger
}

export interface StartOptions {
  readonly principal: string
  /** The same key of the same principal and kind joins the same run. */
  readonly key?: string | undefined
  readonly group?: string | undefined
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
const TITLE_LENGTH = 200

const encoder = new TextEncoder()

/** Starts runs, works on them, and takes over those whose producer was lost: one a process. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #executions = new Map<RunId, Execution>()
  readonly #foreign = new Overdue()
  readonly #sealing: Sealing
  readonly #timer: ReturnType<typeof setInterval>
  #claiming: Promise<void> | null = null
  #nextSeal = 0
  #closed = false

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#sealing = new Sealing(options.store, options.logger)
    this.#timer = setInterval(() => this.#tick(), Math.min(CLAIM_INTERVAL, options.lease / 3))
    unref(this.#timer)
  }

  /**
   * Starts a run, or joins the one that the key names.
   * @throws MillraceError `unknown_kind`, `invalid_input`, `key_reused`, `gone`
   */
  async start(kind: string, input: Json, { principal, key, group }: StartOptions): Promise<Started> {
    if (this.#closed) throw new MillraceError('closed', 'This server is shutting down. Ask again in a moment.')
    const definition = this.#definition(kind)
    if (!definition) throw new MillraceError('unknown_kind', 'There is no run of this kind here.')
    const checked = await checkInput(definition, input)
    const id = key === undefined ? randomRunId(group) : await keyedRunId(principal, kind, group ?? null, key)
    // What nobody can come back to by its key is compared with nothing, and a hash is a third of what a start costs.
    const digest = key === undefined ? '' : await digestOf(input)
    const title = (definition.title?.(checked as never) ?? '').slice(0, TITLE_LENGTH)
    const run: CreateRun = {
      kind, principal, title, input: JSON.stringify(input), digest,
      policy: this.#options.policy,
      start: encoder.encode(JSON.stringify({ type: 'start', run: id, kind })),
      nonce: randomNonce(),
      ttl: this.#options.lease,
    }
    const { record, created, lease } = await insist(() => this.#options.store.create(id, run), PATIENCE)
    if (record.deletedAt !== null) throw new MillraceError('gone', 'This run was there and has expired; its key stays used for a while.')
    if (record.digest !== digest) throw new MillraceError('key_reused', 'This Idempotency-Key was used with another input. Use a new key.')
    if (lease) await this.#work(definition, record, lease, [], { record, input: run.input, checkpoint: null, snapshot: null })
    return { record, created }
  }

  /**
   * Asks a run to stop. It ends as `cancelled` even where its handler ignores its signal or its
   * producer hangs: then the lease is taken from it after a grace time.
   */
  async cancel(run: RunId, signalId: string): Promise<RunRecord> {
    const { store, grace } = this.#options
    const record = await store.signal(run, { id: signalId, type: 'cancel', data: 'null' })
    if (isEndStatus(record.status)) return record
    if (record.status !== 'running' && (await this.#endAs(run, { revoke: false }))) return (await store.find(run)) ?? record
    // The producer's own grace comes first; this is for one that cannot act any more.
    unref(setTimeout(() => void this.#revoke(run), grace * 2))
    return record
  }

  /** Hands every run over and stops looking for others. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#claiming
    await Promise.all([...this.#executions.values()].map((execution) => execution.release()))
    await this.#sealing.close()
  }

  #definition(kind: string): AnyRunDefinition | undefined {
    return Object.hasOwn(this.#options.runs, kind) ? this.#options.runs[kind] : undefined
  }

  /** Resolves at once, unless this worker closed meanwhile: then when the run is handed over. */
  async #work(
    definition: AnyRunDefinition, record: RunRecord, lease: Lease, signals: readonly Signal[], loaded: Loaded | null = null,
  ): Promise<void> {
    const { store, grace, maxEntry, logger } = this.#options
    const execution = new Execution({ store, definition, record, loaded, lease, signals, grace, maxEntry, logger })
    this.#executions.set(record.id, execution)
    void execution.done.then(() => {
      if (this.#executions.get(record.id) === execution) this.#executions.delete(record.id)
      this.#sealing.over(record.id)
    })
    if (this.#closed) await execution.release()
  }

  #tick(): void {
    for (const [run, execution] of this.#executions) {
      execution.renew(this.#options.lease / 3)
      this.#sealing.grown(run, execution.written)
    }
    if (this.#claiming) return
    this.#claiming = this.#claim()
      .catch((error: unknown) => this.#options.logger.warn('Looking for orphaned runs failed.', { error }))
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
    this.#nextSeal = Date.now() + SEAL_INTERVAL
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
    await this.#work(definition, acquired.record, acquired.lease, acquired.signals)
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
    await endRun(store, acquired, how.lost === true ? { status: 'failed', error: PRODUCER_LOST } : { status: 'cancelled' })
    this.#sealing.over(run)
    return true
  }

  #warn(message: string, run: RunId, error: unknown): void {
    this.#options.logger.warn(message, { run, error })
  }
}

/** A timer that does not keep a process alive, where the runtime has that notion. */
function unref(timer: unknown): void {
  const { unref } = timer as { readonly unref?: () => void }
  if (typeof unref === 'function') unref.call(timer)
}
