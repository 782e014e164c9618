import { setTimeout } from 'node:timers/promises'
import { createClient, type Run } from '../../../packages/millrace/src/client/index.ts'
import { MillraceError } from '../../../packages/millrace/src/event/error.ts'
import type { Recovery } from '../../../packages/millrace/src/index.ts'
import { badLine, type BadLine } from '../../support/bad-line.ts'
import { pause } from './clock.ts'
import type { Order } from './kinds.ts'
import type { Heard, ReaderHistory } from './oracle/evidence.ts'
import type { Random } from './random.ts'

export interface TrafficOptions {
  /** The port of some worker's server; `null` while there is none. Asked at each connection. */
  readonly portOf: () => number | null
  readonly random: Random
  /** How many runs there are at any time. */
  readonly seats: number
}

/** What a run is of: most go on after a crash, for those say most about it. */
const KINDS: Readonly<Record<Recovery, number>> = { resume: 6, restart: 2, fail: 1 }
/** How many of a hundred say many words at once, which are joined as they are written. */
const BURSTING = 50
/** How many of a hundred runs are cancelled, at a moment near their end. */
const CANCELLED = 25

/** People who start runs, read them and stop some, each over bad lines of their own to whichever server answers. */
export class Traffic {
  readonly started: string[] = []
  readonly #options: TrafficOptions
  readonly #lines: BadLine[] = []
  readonly #readers: Reader[] = []
  readonly #seats: Promise<void>[] = []
  #isOver = false

  constructor(options: TrafficOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const { portOf, seats } = this.#options
    for (let seat = 0; seat < seats; seat += 1) {
      this.#lines.push(await badLine(() => {
        const port = portOf()
        return port === null ? null : { host: '127.0.0.1', port }
      }))
    }
    for (let seat = 0; seat < seats; seat += 1) this.#seats.push(this.#sit(seat))
  }

  get lines(): readonly BadLine[] {
    return this.#lines
  }

  /** Starts nothing more, waits at most so long for what was started, and gives what readers have read. */
  async close(limit: number): Promise<readonly ReaderHistory[]> {
    this.#isOver = true
    await Promise.race([Promise.all(this.#seats), setTimeout(limit, undefined, { ref: false })])
    const histories = this.#readers.map((reader) => reader.history)
    await Promise.all(this.#lines.map((line) => line[Symbol.asyncDispose]()))
    return histories
  }

  async #sit(seat: number): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#ask(seat)
      } catch (error) {
        // A run of this name is nowhere: the oracle says so.
        this.started.push(`that could not be started or cancelled (${String(error)})`)
      }
    }
  }

  /** One run from its start to its end, as one person starts it and two read it. */
  async #ask(seat: number): Promise<void> {
    const { random } = this.#options
    const order = orderOf(random)
    const [kind, key] = [random.weighted(KINDS), crypto.randomUUID()]
    const asking = [seat, ...(random.next() < 0.2 ? [seat + 1] : [])].map((line) => this.#client(line).start(kind, { ...order }, { key }))
    const [run, again] = await Promise.all(asking)
    if (run === undefined) return
    this.started.push(run.id)
    if (again !== undefined && again.id !== run.id) this.started.push(`${again.id}, for a key that had started ${run.id}`)
    const readers = [seat, seat + 1].map((line) => this.#read(this.#client(line).open(run.id)))
    if (random.between(1, 100) <= CANCELLED) await Promise.all([...readers, this.#cancel(run, order)])
    else await Promise.all(readers)
  }

  /** About when it completes by itself, so that the two race. */
  async #cancel(run: Run, { words, pace: each, burst }: Order): Promise<void> {
    await pause(words / burst * (each + 1.5) * this.#options.random.next() * 1.2)
    await run.cancel()
  }

  #read(run: Run): Promise<void> {
    const reader = new Reader(`r${String(this.#readers.length + 1)}`, run)
    this.#readers.push(reader)
    return reader.read()
  }

  #client(line: number): ReturnType<typeof createClient> {
    const { host, port } = this.#lines[line % this.#lines.length]!
    return createClient(`http://${host}:${String(port)}`)
  }
}

function orderOf(random: Random): Order {
  const [times, pace] = [random.between(20, 160), random.between(2, 40)]
  if (random.between(1, 100) > BURSTING) return { words: times, pace, burst: 1 }
  const burst = random.between(15, 60)
  return { words: Math.floor(times / 4) * burst, pace: 4 * pace, burst }
}

/** Somebody who writes down everything that is read, and over which connection. */
class Reader {
  readonly #name: string
  readonly #run: Run
  readonly #heard: Heard[] = []
  #connections = 0
  #outcome = 'waiting'

  constructor(name: string, run: Run) {
    this.#name = name
    this.#run = run
    run.onConnection((status) => {
      if (status === 'live' || status === 'resumed') this.#connections += 1
    })
  }

  get history(): ReaderHistory {
    return { reader: this.#name, run: this.#run.id, heard: [...this.#heard], outcome: this.#outcome, connections: this.#connections }
  }

  async read(): Promise<void> {
    try {
      const batches = this.#run.batches()
      for await (const entries of batches) this.#heard.push({ connection: this.#connections, cursor: batches.cursor, entries })
      this.#outcome = 'ended'
    } catch (error) {
      this.#outcome = error instanceof MillraceError ? error.code : String(error)
    }
  }
}
