import type { RunId } from '../store.ts'
import type { Stored } from './clients.ts'
import type { Engine } from './engine.ts'
import type { Names, Reason } from './names.ts'

/** In ms: a place older than this, without a run, was left by somebody who died while he made it. */
const STALE = 10_000
const NOTHING = new Uint8Array()
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** That a run may have to be looked at, and when. */
export interface Due {
  readonly run: RunId
  readonly seq: number
  /** Before this time there is no need. */
  readonly from: number
  readonly createdAt: number
}

/**
 * By what runs are found: one small message for each, in the order in which they were made, and one for each
 * reason to look at it again. They only narrow a search. What a run is, its log alone says.
 */
export class Places {
  readonly #engine: Engine
  readonly #names: Names

  constructor(engine: Engine, names: Names) {
    this.#engine = engine
    this.#names = names
  }

  /** Takes a place for a run that is about to be made. Its time, by the server's clock, is when the run was made: places and runs stand in one order. */
  async take(run: RunId, kind: string, principal: string): Promise<number> {
    const subject = this.#names.place(run, kind, principal)
    for (let expected = 0; ; ) {
      const sent = performance.now()
      const seq = await this.#engine.publish(subject, NOTHING, expected)
      const received = performance.now()
      const found = await this.#engine.last(this.#names.places, subject)
      const time = Date.parse(found?.timestamp ?? '')
      if (found && seq === found.seq) this.#engine.clock.learn(time, sent, received)
      if (found && (seq !== null || this.#engine.now() - time < STALE)) return time
      expected = found?.seq ?? 0
    }
  }

  async leave(run: RunId, kind: string, principal: string): Promise<void> {
    await this.#engine.purge(this.#names.places, this.#names.place(run, kind, principal))
  }

  /** Gives up a place at which no run was found, unless one is just being made. */
  async giveUp({ subject, timestamp }: Stored): Promise<void> {
    if (this.#engine.now() - Date.parse(timestamp) > STALE) await this.#engine.purge(this.#names.places, subject)
  }

  async note(reason: Reason, run: RunId, from: number, createdAt: number): Promise<void> {
    await this.#engine.publish(this.#names.due(reason, run), encoder.encode(JSON.stringify([from, createdAt])))
  }

  async strike(reason: Reason, run: RunId): Promise<void> {
    await this.#engine.purge(this.#names.places, this.#names.due(reason, run))
  }

  /** Of a run that is not there, unless it is just being made. */
  async strikeStale(reason: Reason, { run, createdAt }: Due): Promise<void> {
    if (this.#engine.now() - createdAt > STALE) await this.strike(reason, run)
  }

  /** Those noted for a reason, from a sequence on, at most `most`. */
  async* noted(reason: Reason, from: number, most: number): AsyncGenerator<Due> {
    const scan = await this.#engine.scan(this.#names.places, this.#names.everyDue(reason), from)
    try {
      if (scan.count === 0) return
      for await (const { subject, seq, data } of scan.take(Math.min(scan.count, most))) {
        const [dueFrom, createdAt] = JSON.parse(decoder.decode(data)) as readonly [number, number]
        yield { run: this.#names.runOf(subject), seq, from: dueFrom, createdAt }
      }
    } finally {
      scan.close()
    }
  }

  async forgetReaders(run: RunId): Promise<void> {
    await this.#engine.purge(this.#names.places, this.#names.readers(run))
  }
}
