import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import type { Acquired, CreateRun, Loaded, RunId, RunRecord } from '../store/store.ts'
import { checkInput, checkSignal, isWorkable, type AnyRunDefinition, type WorkableDefinition } from './define.ts'
import { acquire, PATIENCE } from './acquire.ts'
import { Canceller } from './canceller.ts'
import { PRODUCER_LOST } from './ending.ts'
import { Execution } from './execution.ts'
import type { ExecutionOptions } from './execution-options.ts'
import { HandedWork, type HandProducer } from './hand-producer.ts'
import { isSignalId, keyedRunId, randomNonce, randomRunId } from './ids.ts'
import { groupFor } from './feed.ts'
import { Trouble } from './logger.ts'
import { Capacity, type Place } from './capacity.ts'
import { insist } from './insist.ts'
import { digestFor } from './claim.ts'
import { Orphans } from './orphans.ts'
import { Sealing } from './sealing.ts'
import { newRun } from './new-run.ts'
import { isLostForGood } from './spent.ts'
import { unref } from './unref.ts'
import { Readership, type Follower } from './readership.ts'
import type { Started, StartOptions } from './start-options.ts'
import type { WorkerOptions } from './worker-options.ts'

/** How often orphaned runs are looked for, and how often unsealed ones. */
const CLAIM_INTERVAL = 1_000
const SEAL_INTERVAL = 10_000
const FOREIGN_GRACE = 60_000
/** Short enough that a process holds few idle handlers, long enough that a busy run is seldom begun again. */
const SIGNAL_PATIENCE = 30_000
/** Characters of JSON. Signals that nobody took yet come with the answer to every write. */
export const SIGNAL_SIZE: number = 64 * 1024

/** One for all: of most kinds nobody asks who reads them, and every reader keeps what it was given. */
const unheard = (): void => undefined

/** Starts runs, works on them, and takes over those whose producer was lost: one a process. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #executions = new Map<RunId, Execution>()
  readonly #orphans: Orphans
  readonly #canceller: Canceller
  readonly #capacity: Capacity
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
    this.#canceller = new Canceller({
      ...options,
      onEnded: (run) => this.#sealing.over(run),
      warn: (message, run, error) => this.#warn(message, run, error),
    })
    this.#capacity = new Capacity(runs, (kind) => this.#lookFor(kind))
    this.#orphans = new Orphans({
      store, kinds: Object.keys(runs), foreignGrace: options.foreignGrace ?? FOREIGN_GRACE,
      take: (record) => this.#take(record),
      end: (run) => this.#canceller.end(run, PRODUCER_LOST),
      warn: (message, run, error) => this.#warn(message, run, error),
    })
    this.#trouble = new Trouble(options.logger, 'Looking for orphaned runs failed.')
    this.#timer = setInterval(() => this.#tick(), Math.min(CLAIM_INTERVAL, options.lease / 3))
    unref(this.#timer)
  }

  /**
   * Starts a run, or joins the one that the key names.
   * @throws MillraceError `unknown_kind`, `invalid_input`, `key_reused`, `gone`, `queue_full`
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
    const desk = this.#enter(definition, kind) ?? (await this.#waitInLine(definition, kind, id))
    const run = newRun(definition, { id, kind, principal, digest, message, input, checked, feed }, this.#options.policy, desk === null ? 0 : this.#options.lease)
    const created = await this.#create(id, run, definition, desk)
    const { record } = created
    if (place !== undefined && !created.created) return created
    if (record.deletedAt !== null) throw new MillraceError('gone', 'This run was there and has expired; its key stays used for a while.')
    if (record.digest !== digest) throw new MillraceError('key_reused', 'This Idempotency-Key was used with another input. Use a new key.')
    if (group !== undefined) this.#options.onGrouped?.(record)
    return created
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
    if (record.status === 'waiting' && !this.#closed) await this.#orphans.claim([record])
    return record
  }

  /**
   * Works on this very run, whatever the kind's `concurrency`: for whoever is told by a queue of their own. Resolves when this
   * process has nothing more to do with it; `false` at once where somebody else works on it, or nothing is left to do.
   * @throws MillraceError `not_found`, `gone`, `unknown_kind`
   */
  async work(run: RunId): Promise<boolean> {
    const execution = await this.#adopt(run, (definition) => {
      if (isWorkable(definition)) return definition
      throw new MillraceError('unknown_kind', 'Runs of this kind are worked on elsewhere: `produce` them.')
    })
    await execution?.done
    return execution !== null
  }

  /**
   * The run's producer, for a program that is no handler.
   * @throws MillraceError `not_found`, `gone`, `unknown_kind`, `busy` where somebody else is, `ended`
   */
  async produce<Input>(run: RunId): Promise<HandProducer<Input>> {
    const work = new HandedWork()
    const execution = await this.#adopt(run, (definition) => work.instead(definition))
    if (execution) return work.producer(execution.done, () => execution.release())
    throw new MillraceError('busy', 'Somebody else works on this run, or it has its end.')
  }

  /** @see Canceller.cancel */
  cancel(run: RunId): Promise<RunRecord> {
    return this.#canceller.cancel(run)
  }

  /** Somebody follows the run here, until the returned function is called. Costs nothing unless its kind asks. */
  follow({ id, kind, endedAt }: RunRecord, follower: Follower): () => void {
    // Of a kind that is not known here another process knows whether it asks.
    const asks = this.#definition(kind)?.cancelWhenUnread !== undefined || this.#definition(kind) === undefined
    return asks && endedAt === null && !this.#closed ? this.#readership.follow(id, follower) : unheard
  }

  /** Hands every run over and stops looking for others. */
  async close(): Promise<void> {
    this.#closed = true
    this.#canceller.close()
    clearInterval(this.#timer)
    this.#readership.close()
    this.#orphans.close()
    await this.#claiming
    await Promise.all([...this.#executions.values()].map((execution) => execution.release()))
    await this.#sealing.close()
  }

  async #adopt(run: RunId, toWork: (definition: AnyRunDefinition) => WorkableDefinition): Promise<Execution | null> {
    const record = await this.#options.store.find(run)
    if (!record) throw new MillraceError('not_found', 'There is no such run.')
    const definition = this.#definition(record.kind)
    if (!definition) throw new MillraceError('unknown_kind', 'Runs of this kind are not worked on here.')
    const workable = toWork(definition)
    return this.#executions.has(run) ? null : this.#acquireToWork(workable, run, this.#capacity.enterAnyway(record.kind))
  }

  #definition(kind: string): AnyRunDefinition | undefined {
    return Object.hasOwn(this.#options.runs, kind) ? this.#options.runs[kind] : undefined
  }

  /** Makes the run, or finds it, and works on it where it is new and there is room. */
  async #create(id: RunId, run: CreateRun, definition: AnyRunDefinition, desk: Place | null): Promise<Started> {
    let free = desk
    try {
      const { record, created, lease } = await insist(() => this.#options.store.create(id, run), PATIENCE)
      if (created) this.#options.observe({ type: 'run_started', run: id, kind: run.kind, queued: lease === null })
      if (lease && free && isWorkable(definition)) {
        const loaded = { record, input: run.input, checkpoint: null, snapshot: null }
        await this.#work(definition, { record, lease, signals: [], waited: false }, free, loaded)
        free = null
      }
      return { record, created }
    } finally {
      free?.leave()
    }
  }

  /** `null` also where as many as may wait have begun, and wait for others: they have no places that could run out. */
  #enter({ queue = Infinity }: AnyRunDefinition, kind: string): Place | null {
    return this.#capacity.lent(kind) < Math.max(1, queue) ? this.#capacity.enter(kind) : null
  }

  /** @throws MillraceError `queue_full`, unless the run is there already */
  async #waitInLine({ queue }: AnyRunDefinition, kind: string, id: RunId): Promise<null> {
    const { store } = this.#options
    if (queue === undefined) return null
    const waiting = await store.list({ needs: 'owner', kind, limit: queue + 1 })
    if (waiting.length + this.#capacity.lent(kind) < queue || (await store.find(id)) !== null) return null
    throw new MillraceError('queue_full', 'Too many runs of this kind wait for their turn. Try again later.')
  }

  /**
   * Resolves at once, unless this worker closed meanwhile: then when the run is handed over.
   * @param desk left when this process has nothing more to do with it
   */
  async #work(definition: WorkableDefinition, acquired: Acquired, desk: Place, loaded: Loaded | null = null): Promise<Execution> {
    const { store, grace, maxEntry, outcome, observe, logger } = this.#options
    const { record } = acquired
    const outcomeFor: ExecutionOptions['outcome'] = (other, signal) => outcome(record.principal, other, signal, (wait) => desk.lend(wait, signal))
    const execution = new Execution({ store, definition, ...acquired, loaded, grace, maxEntry, outcome: outcomeFor, observe, logger })
    this.#executions.set(record.id, execution)
    const { cancelWhenUnread } = definition
    const unwatch = cancelWhenUnread === undefined ? null : this.#readership.watch(record.id, cancelWhenUnread, () => void this.#leave(record.id))
    void execution.done.then(() => {
      unwatch?.()
      if (this.#executions.get(record.id) === execution) this.#executions.delete(record.id)
      this.#sealing.over(record.id)
      if (desk.leave()) this.#lookFor(record.kind)
    })
    if (this.#closed) await execution.release()
    return execution
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
    this.#claiming = this.#look()
      .then(() => this.#trouble.over(), (error: unknown) => this.#trouble.met(error))
      .finally(() => (this.#claiming = null))
  }

  async #look(): Promise<void> {
    await this.#orphans.look()
    if (this.#closed || Date.now() < this.#nextSeal) return
    this.#nextSeal = Date.now() + (this.#options.sealing ?? SEAL_INTERVAL)
    await this.#sealing.look()
  }

  /** Claims a run, if there is room for it and nobody was faster. */
  async #take(record: RunRecord): Promise<boolean> {
    const definition = this.#definition(record.kind)
    // A lease of our own that ran out while this process stood still: its next write renews it.
    if (!definition || this.#executions.has(record.id)) return false
    const desk = this.#capacity.enter(record.kind)
    if (desk && isWorkable(definition)) return (await this.#acquireToWork(definition, record.id, desk)) !== null
    desk?.leave()
    // Whom nothing can save need not wait for its turn.
    return isLostForGood(definition, record) && this.#canceller.end(record.id, PRODUCER_LOST)
  }

  /** `null` where somebody else was faster, or the run has ended or gone meanwhile. */
  async #acquireToWork(definition: WorkableDefinition, run: RunId, desk: Place): Promise<Execution | null> {
    let free: Place | null = desk
    try {
      const acquired = await acquire(this.#options.store, run, this.#options.lease)
      if (!acquired) return null
      const execution = await this.#work(definition, acquired, desk)
      free = null
      return execution
    } finally {
      free?.leave()
    }
  }

  #lookFor(kind: string): void {
    this.#orphans.lookFor(kind).catch((error: unknown) => this.#trouble.met(error))
  }

  /** Cancels a run that nobody reads. Never rejects. */
  async #leave(run: RunId): Promise<void> {
    try {
      await this.cancel(run)
    } catch (error) {
      this.#warn('A run that nobody reads could not be cancelled.', run, error)
    }
  }

  #warn(message: string, run: RunId, error: unknown): void {
    this.#options.logger.warn(message, { run, error })
  }
}
