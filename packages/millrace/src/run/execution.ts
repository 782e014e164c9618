import { hasCode, MillraceError, PublicError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import { createOutline, type Outline } from '../event/outline.ts'
import type { Loaded, Page, Signal } from '../store/store.ts'
import { Asked } from './asked.ts'
import { Composer } from './composer.ts'
import { checkInput, checkSignal, takesSignal, type RunContext, type WorkableDefinition } from './define.ts'
import { newestOf } from './end-run.ts'
import { CANCELLED, completedWith, failedWith, INTERNAL, PRODUCER_LOST, timeLeft, TIMED_OUT, type Ending } from './ending.ts'
import { Inbox } from './inbox.ts'
import type { ExecutionOptions } from './execution-options.ts'
import { insist, isUnanswered } from './insist.ts'
import { outlineAt } from './outline-at.ts'
import { Producer } from './producer.ts'
import type { News } from './news.ts'
import { Questions } from './questions.ts'
import { isSpent } from './spent.ts'
import { createResumed, entriesBetween } from './resumed.ts'
import { iteratorOf, type SaidIterator } from './said-iterator.ts'
import { encodeState } from './state.ts'

const READ_SIZE = 256 * 1024

/** One run being worked on in this process: the handler on one side, the producer on the other. */
export class Execution {
  /** Resolves when this process has nothing more to do with the run. Never rejects. */
  readonly done: Promise<void>
  readonly #options: ExecutionOptions
  readonly #definition: WorkableDefinition
  readonly #producer: Producer
  readonly #controller = new AbortController()
  readonly #asked = new Asked()
  readonly #inbox: Inbox<never>
  readonly #questions: Questions
  readonly #settle: () => void
  readonly #unwatch: () => void
  /** When the run was started, by this process's clock. */
  readonly #began: number
  #composer = new Composer()
  #cancelled = false
  /** The handler's fate no longer matters: the run has its end, or the lease is lost. */
  #over = false
  #told = false
  #graceTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: ExecutionOptions) {
    this.#options = options
    this.#definition = options.definition
    this.#began = performance.now() + timeLeft(options.record, options.lease, 0)
    const { store, record, lease, maxEntry, observe } = options
    const { id: run, kind } = record
    const lost = record.fence > 1 && record.losses > 0 && !options.waited
    observe({ type: 'run_taken', run, kind, attempt: record.fence, lost })
    let settle = (): void => undefined
    this.done = new Promise((resolve) => (settle = resolve))
    this.#settle = settle
    this.#producer = new Producer({
      store, run: record.id, lease, tail: record.tail, maxEntry,
      onWritten: (entries, bytes, took) => observe({ type: 'appended', run, kind, entries, bytes, took }),
      onSignal: (signal) => this.#onSignal(signal),
      onLost: (error) => this.#onLost(error),
    })
    const [asked, aborted, definition] = [this.#asked, this.#controller.signal, this.#definition]
    const check = (type: string, data: Json): Promise<unknown> => checkSignal(definition, type, data)
    this.#inbox = new Inbox({
      asked, aborted, check,
      onEarly: (answer) => this.#questions.early(answer),
      onTaken: (seq) => this.#producer.take(seq),
      onDone: (seq) => this.#producer.consume(seq),
      onRefused: ({ id, type }, error) => this.#warn('A signal is not taken any more.', { signal: id, type, error }),
    })
    this.#questions = new Questions({
      asked, aborted, check, inbox: this.#inbox,
      takes: (type) => takesSignal(definition, type),
      say: (event) => this.#composer.say(event, this.#producer),
    })
    this.#unwatch = store.watch(record.id, (batch) => {
      if (batch === null) this.#producer.poll()
    })
    void this.#execute().catch((error: unknown) => this.#onLost(error))
  }

  /** How many bytes of entries this process has written. */
  get written(): number {
    return this.#producer.written
  }

  /** Renews the lease unless a write did within `within` ms. */
  renew(within: number): void {
    this.#producer.renew(within)
  }

  /** Lets go of a run that has waited for a signal for `patience` ms. */
  rest(patience: number): void {
    if ((this.#inbox.waiting ?? 0) > patience) void this.release()
  }

  /** Ends a run whose time is over at once, whatever its handler does. One that is being cancelled has its grace. */
  expire(): void {
    if (this.#over || this.#cancelled || !this.#isLate) return
    void this.#finish(TIMED_OUT)
    this.#controller.abort(new MillraceError('closed', 'The run took longer than its `timeLimit`.'))
  }

  /** Stops working and gives the run back: another process goes on at once, or once the signal comes that it waits for. */
  async release(): Promise<void> {
    if (this.#over) return this.done
    this.#over = true
    const as = this.#inbox.waiting === null ? 'queued' : 'waiting'
    this.#controller.abort(new MillraceError('closed', 'This process lets go of the run; whoever goes on with it has `resumed`.'))
    const left = Math.max(0, Math.ceil(this.#deadline - performance.now()))
    this.#composer.flush(this.#producer)
    await this.#producer.release(as, left)
    this.#tell({ type: 'run_left', lost: false })
  }

  get #deadline(): number {
    return this.#began + (this.#definition.timeLimit ?? Infinity)
  }

  get #isLate(): boolean {
    return performance.now() >= this.#deadline
  }

  async #execute(): Promise<void> {
    try {
      const context = await this.#begin()
      if (context === null) return
      const result = await this.#consume(this.#definition.run(context))
      await this.#finish(this.#cancelled ? CANCELLED : completedWith(result))
    } catch (error) {
      await this.#fail(error)
    }
  }

  /** `null` where the work is not begun: it may cost money. */
  async #begin(): Promise<RunContext<never> | null> {
    const { store, record, lease, loaded } = this.#options
    try {
      const context = await this.#prepare(loaded ?? (await insist(() => store.load(record.id), lease.ttl)))
      // Released, lost or cancelled meanwhile.
      if (context !== null && !this.#over && !this.#controller.signal.aborted) return context
      await this.#finish(CANCELLED)
    } catch (error) {
      // No fault of the run's: another process, or this one later, may find the store well.
      if (!isUnanswered(error)) throw error
      this.#warn('A run was given back: the store cannot be read.', { error })
      await this.release()
    }
    return null
  }

  /** Everything before the handler's first step; `null` where it shall not run at all. */
  async #prepare(loaded: Loaded): Promise<RunContext<never> | null> {
    const { store, record, lease, signals, waited } = this.#options
    const attempt = record.fence
    const outline = await this.#outline()
    this.#composer = new Composer(outline)
    const read = (after: number): Promise<Page> => insist(() => store.read(record.id, after, READ_SIZE), lease.ttl)
    // Before the signals: some may bring answers that the log has already.
    if (outline.asked) for await (const entry of entriesBetween(0, record.tail, read)) this.#asked.add(entry)
    this.#producer.deliver(signals)
    if (this.#cancelled) return null
    if (this.#isLate) {
      await this.#finish(TIMED_OUT)
      return null
    }
    const { recover } = this.#definition
    const takenOver = attempt > 1 && !waited
    if (takenOver && isSpent(this.#definition, record.losses)) {
      await this.#finish(PRODUCER_LOST)
      return null
    }
    const resumed = waited || (takenOver && recover === 'resume') ? createResumed(record, loaded, structuredClone(outline), read) : null
    if (takenOver && recover === 'restart') {
      this.#producer.append(this.#composer.attempt(attempt))
      this.#asked.beginAnew()
    }
    return {
      run: record.id,
      // What the definition's own check let through is what its handler takes.
      input: (await checkInput(this.#definition, JSON.parse(loaded.input) as Json)) as never,
      signal: this.#controller.signal,
      attempt,
      resumed,
      signals: this.#inbox,
      ask: (question) => this.#questions.ask(question) as Promise<never>,
      outcome: async (other) => {
        if (other === record.id) throw new MillraceError('invalid_request', 'A run that waits for its own end has none.')
        return this.#options.outcome(other, this.#controller.signal)
      },
      checkpoint: (state) => {
        if (this.#over) return
        this.#composer.flush(this.#producer)
        this.#producer.checkpoint(encodeState(state))
      },
    }
  }

  #outline(): Outline | Promise<Outline> {
    const { store, record, lease } = this.#options
    // A run that only has its start needs no read: the record says as much.
    if (record.tail === 1) return { ...createOutline(), offset: 1, run: record.id, kind: record.kind, message: record.id }
    return insist(() => outlineAt(store, record.id, record.tail), lease.ttl)
  }

  async #consume(work: object): Promise<unknown> {
    const iterator = iteratorOf(work)
    if (iterator === null) return work
    for (;;) {
      const { done, value } = await iterator.next()
      if (done === true) return value
      try {
        if (this.#over) break
        this.#composer.say(value, this.#producer)
        const room = this.#producer.ready()
        if (room) await room
      } catch (error) {
        this.#stop(iterator)
        throw error
      }
    }
    this.#stop(iterator)
    return undefined
  }

  /** Lets a handler clean up that nobody listens to any more; not waited for. */
  #stop(iterator: SaidIterator): void {
    this.#controller.abort(new MillraceError('closed', 'Nothing more of this run is written.'))
    const stopped = async (): Promise<unknown> => iterator.return?.()
    stopped().catch((error: unknown) => this.#warn('A handler failed while it was stopped.', { error }))
  }

  #onSignal(signal: Signal): void {
    if (signal.type !== 'cancel') this.#inbox.add(signal)
    if (signal.type !== 'cancel' || this.#cancelled) return
    this.#cancelled = true
    this.#controller.abort(new MillraceError('cancelled', 'The run was cancelled.'))
    this.#graceTimer = setTimeout(() => void this.#finish(CANCELLED), this.#options.grace)
  }

  #onLost(error: unknown): void {
    this.#controller.abort(error)
    // Another process has the run, or it was ended or deleted: that is how takeover and delete look from here.
    const expected = ['fenced', 'ended', 'gone', 'not_found', 'closed'] as const
    if (!expected.some((code) => hasCode(error, code))) this.#warn('A run lost its store.', { error })
    this.#over = true
    this.#tell({ type: 'run_left', lost: true })
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#over) return
    if (this.#cancelled) return this.#finish(CANCELLED)
    if (error instanceof PublicError) {
      // Readers are told the public words; what lay underneath is told nobody else.
      if (error.cause !== undefined) this.#warn('A run failed.', { error })
      return this.#finish(failedWith(error))
    }
    const { id, kind } = this.#options.record
    this.#options.logger.error('A run failed.', { run: id, kind, error })
    await this.#finish(INTERNAL)
  }

  async #finish(end: Ending): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#producer.consume(newestOf(this.#options.signals))
    this.#composer.flush(this.#producer)
    await this.#producer.end(this.#composer.end(end), end.status)
    const took = performance.now() - this.#began
    this.#tell({ type: 'run_ended', status: end.status, code: end.error?.code ?? null, took })
  }

  #warn(message: string, details: Readonly<Record<string, unknown>>): void {
    this.#options.logger.warn(message, { run: this.#options.record.id, ...details })
  }

  /** What became of the run here; only the first word on it counts. */
  #tell(news: { readonly type: 'run_left'; readonly lost: boolean } | Omit<Extract<News, { type: 'run_ended' }>, 'run' | 'kind'>): void {
    if (this.#told) return
    this.#told = true
    const { observe, record } = this.#options
    observe({ ...news, run: record.id, kind: record.kind })
    clearTimeout(this.#graceTimer)
    this.#unwatch()
    this.#settle()
  }
}
