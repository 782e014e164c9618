import type { RunId } from '../store.ts'
import type { Engine } from './engine.ts'
import type { Log } from './log.ts'
import type { Names } from './names.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** At which nodes somebody reads, and until when that holds. */
type Readers = Readonly<Record<string, number>>

/** Who reads a run: one message a run, which everybody who says so writes anew. */
export class Presence {
  readonly #engine: Engine
  readonly #names: Names
  readonly #log: Log

  constructor(engine: Engine, names: Names, log: Log) {
    this.#engine = engine
    this.#names = names
    this.#log = log
  }

  async touch(run: RunId, node: string, ttl: number): Promise<number> {
    await this.#log.alive(run)
    const subject = this.#names.readers(run)
    for (;;) {
      const found = await this.#engine.last(this.#names.places, subject)
      const now = this.#engine.now()
      const before = found === null ? {} : (JSON.parse(decoder.decode(found.data)) as Readers)
      // No prototype: a node may have any name.
      const after = Object.fromEntries(Object.entries(before).filter(([name, until]) => until > now && name !== node))
      const readers: Readers = ttl > 0 ? Object.fromEntries([...Object.entries(after), [node, now + ttl]]) : after
      const isSaid = ttl === 0 && !Object.hasOwn(before, node)
      if (isSaid || await this.#engine.publish(subject, encoder.encode(JSON.stringify(readers)), found?.seq ?? 0) !== null) {
        return Object.keys(readers).length
      }
    }
  }
}
