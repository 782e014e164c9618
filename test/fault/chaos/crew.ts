import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { badLine, type BadLine } from '../../support/bad-line.ts'
import { now } from './clock.ts'
import type { CrashPoint } from './crash-points.ts'
import type { Engine } from './engine/engine.ts'
import type { FalseClock } from './false-clock.ts'
import type { Call, Fault, Span } from './oracle/evidence.ts'
import { readRecords } from './records.ts'
import type { WorkerMessage, WorkerOrders } from './worker.ts'

export interface CrewOptions {
  readonly engine: Engine
  /** The bundled `worker.ts`. */
  readonly script: string
  /** Where workers write down what they do. */
  readonly folder: string
  readonly lease: number
  readonly size: number
  /** Gives each a wall clock of its own; `null`: they all have the machine's. */
  readonly clocks: ((file: string) => FalseClock) | null
}

/** A worker's process, and its own line to the engine where there is one. */
export interface Member {
  readonly name: string
  readonly process: ChildProcess
  readonly line: BadLine | null
  readonly clock: FalseClock | null
  /** Where its server listens; `null` before that, and once it has gone. */
  port: number | null
  /** Something befalls it already: it is left alone until that is over. */
  isBusy: boolean
  readonly records: string
}

/** So long a worker may take to leave, in ms. */
const FAREWELL = 10_000

/** The workers of a storm: so many at any time, each replaced when it dies. */
export class Crew {
  readonly faults: Fault[] = []
  readonly manned: Span[] = []
  readonly #options: CrewOptions
  readonly #members = new Set<Member>()
  readonly #all: Member[] = []
  #hired = 0
  #isClosed = false
  #mannedSince: number | null = null

  constructor(options: CrewOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.size }, () => this.#hire()))
  }

  /** Those whose server answers. */
  get ready(): readonly Member[] {
    return [...this.#members].filter(({ port }) => port !== null)
  }

  /** Those to whom something may be done. */
  get idle(): readonly Member[] {
    return this.ready.filter(({ isBusy }) => !isBusy)
  }

  get hasClocks(): boolean {
    return this.#options.clocks !== null
  }

  get kills(): number {
    return this.faults.filter(({ isKill }) => isKill).length
  }

  kill(member: Member, sort = 'kill'): void {
    this.#silence(member, sort)
    member.process.kill('SIGKILL')
  }

  /** It kills itself the next time it comes to that point; one that never comes there is killed after `patience` ms. */
  crashAt(member: Member, point: CrashPoint, patience: number): void {
    member.isBusy = true
    this.#tell(member, { crashAt: point })
    const timer = setTimeout(() => this.kill(member, `kill (never came to: ${point})`), patience)
    member.process.once('exit', () => {
      clearTimeout(timer)
      if (!this.#isKilled(member)) this.#silence(member, `kill ${point}`)
    })
  }

  /** It hands over what it has and goes. */
  dismiss(member: Member): void {
    member.isBusy = true
    this.#tell(member, 'leave')
    const timer = setTimeout(() => this.kill(member, 'kill (never left)'), FAREWELL)
    member.process.once('exit', () => clearTimeout(timer))
  }

  /** A fault that keeps one worker from its work until the returned function is called. */
  disable(member: Member, sort: string): () => void {
    member.isBusy = true
    const at = now()
    const index = this.faults.push({ sort, at, until: null, worker: member.name, isKill: false }) - 1
    return () => {
      member.isBusy = false
      this.faults[index] = { ...this.faults[index]!, until: now() }
    }
  }

  /** Kills them all, and gives what they wrote down. */
  async close(): Promise<readonly Call[]> {
    this.#isClosed = true
    const hiring = [...this.#members]
    await Promise.all(hiring.map((member) => new Promise<void>((resolve) => {
      member.process.once('exit', () => resolve())
      member.process.kill('SIGKILL')
    })))
    return this.#all.flatMap(({ records, name }) => readRecords(records, name))
  }

  #isKilled({ name }: Member): boolean {
    return this.faults.some(({ worker, isKill }) => isKill && worker === name)
  }

  #tell(member: Member, message: WorkerMessage): void {
    // It may die just now, which is no failure of whoever tells it something.
    if (member.process.connected) member.process.send(message, () => undefined)
  }

  #silence({ name }: Member, sort: string): void {
    this.faults.push({ sort, at: now(), until: null, worker: name, isKill: true })
  }

  async #hire(): Promise<void> {
    const { engine, script, folder, lease, clocks } = this.#options
    const name = `w${String((this.#hired += 1))}`
    const line = engine.endpoint && (await badLine(() => engine.endpoint))
    const records = join(folder, `${name}.jsonl`)
    // It may be killed before it writes anything.
    writeFileSync(records, '')
    const clock = clocks && clocks(join(folder, `${name}.clock`))
    const orders: WorkerOrders = { address: engine.address(line ?? undefined), records, log: join(folder, 'workers.log'), lease }
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, ...clock?.environment, CHAOS_WORKER: JSON.stringify(orders) },
    })
    const member: Member = { name, process: child, line, clock, port: null, isBusy: false, records }
    this.#members.add(member)
    this.#all.push(member)
    await new Promise<void>((resolve) => {
      child.once('message', (port) => {
        member.port = Number(port)
        this.#count()
        resolve()
      })
      child.once('exit', () => {
        resolve()
        void this.#replace(member)
      })
    })
  }

  async #replace(member: Member): Promise<void> {
    member.port = null
    this.#members.delete(member)
    this.#count()
    await member.line?.[Symbol.asyncDispose]()
    if (!this.#isClosed) await this.#hire()
  }

  /** Keeps account of when somebody was there. */
  #count(): void {
    const isManned = this.ready.length > 0
    if (isManned) this.#mannedSince ??= now()
    else if (this.#mannedSince !== null) {
      this.manned.push({ from: this.#mannedSince, to: now() })
      this.#mannedSince = null
    }
  }
}
