import type { Entry } from '../../../packages/millrace/src/event/run-event.ts'
import { memory } from '../../../packages/millrace/src/store/memory.ts'
import { entriesIn } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { isEndStatus } from '../../../packages/millrace/src/event/run-event.ts'
import type { RunRecord, Store } from '../../../packages/millrace/src/store/store.ts'
import type { AnyRunDefinition } from '../../../packages/millrace/src/run/define.ts'
import { outcomeOf } from '../../../packages/millrace/src/run/outcome.ts'
import { Tails } from '../../../packages/millrace/src/run/tails.ts'
import { Worker } from '../../../packages/millrace/src/run/worker.ts'
import type { WorkerOptions } from '../../../packages/millrace/src/run/worker-options.ts'
import { faulty, until, type Faults, type FaultyStore } from './faulty.ts'

export interface Desk extends FaultyStore {
  readonly worker: Worker
  /** What went to the logger. */
  readonly logged: { readonly message: string; readonly details: Readonly<Record<string, unknown>> }[]
}

/** One store and the workers of several processes on it. */
export class Office {
  readonly real: Store
  readonly #desks: Desk[] = []
  readonly #killed = new Set<Desk>()

  constructor(real: Store = memory()) {
    this.real = real
  }

  open(runs: Readonly<Record<string, AnyRunDefinition>>, options: Partial<WorkerOptions> = {}, faults: Faults = {}): Desk {
    const line = faulty(this.real, faults)
    const logged: Desk['logged'] = []
    const log = (message: string, details: Readonly<Record<string, unknown>>): void => void logged.push({ message, details })
    const tails = new Tails(line.store)
    const worker = new Worker({
      store: line.store, runs, lease: 200, grace: 50, policy: { retention: 1e9, tombstone: 1e9 }, maxEntry: 100_000,
      observe: () => undefined,
      outcome: (...asked) => outcomeOf({ store: line.store, tails, maxText: 1e6 }, ...asked),
      logger: { error: log, warn: log }, ...options,
    })
    const desk = { ...line, worker, logged }
    this.#desks.push(desk)
    return desk
  }

  kill(desk: Desk): void {
    desk.kill()
    this.#killed.add(desk)
  }

  async record(run: string): Promise<RunRecord> {
    const record = await this.real.find(run)
    if (!record) throw new Error('there is no such run')
    return record
  }

  entries(run: string): Promise<Entry[]> {
    return entriesIn(this.real, run)
  }

  async text(run: string): Promise<string> {
    return (await this.entries(run)).map((entry) => (entry.type === 'delta' ? entry.text : '')).join('')
  }

  /** The run's one end, once it is there. */
  async end(run: string): Promise<Entry & { readonly type: 'end' }> {
    await until(async () => isEndStatus((await this.record(run)).status), 'the end')
    const ends = (await this.entries(run)).filter((entry) => entry.type === 'end')
    const [end] = ends
    if (!end || ends.length !== 1) throw new Error(`a run has ${String(ends.length)} ends`)
    return end
  }

  async close(): Promise<void> {
    await Promise.all(this.#desks.filter((desk) => !this.#killed.has(desk)).map((desk) => desk.worker.close()))
    await this.real.close()
  }
}
