import type { RunId } from '../store.ts'
import type { Engine } from './engine.ts'
import type { Ref } from './head.ts'
import type { Names, Piece } from './names.ts'
import { Recent } from './recent.ts'

/** Small ones that were read are kept, so many: signals are told with every answer until they are consumed. */
const KEPT = 512
const KEPT_SIZE = 16 * 1024

/**
 * What lies beside the logs, in messages of its own. A piece is put there first and then named by a message
 * of the log, which alone makes it count: one that nobody names is never seen.
 */
export class Blobs {
  readonly #engine: Engine
  readonly #names: Names
  readonly #kept = new Recent<number, Uint8Array>(KEPT)

  constructor(engine: Engine, names: Names) {
    this.#engine = engine
    this.#names = names
  }

  async put(run: RunId, piece: Piece, bytes: Uint8Array): Promise<Ref> {
    const chunks: Uint8Array[] = []
    for (let at = 0; at === 0 || at < bytes.length; at += this.#engine.largest) chunks.push(bytes.subarray(at, at + this.#engine.largest))
    const ref: number[] = []
    // One after the other: a large piece does not fill the connection for everybody else.
    for (const chunk of chunks) ref.push(await this.#engine.publish(this.#names.piece(run, piece), chunk) ?? 0)
    return ref
  }

  /** `null` where it is gone: something newer has taken its place. */
  async get(ref: Ref): Promise<Uint8Array | null> {
    const chunks = await Promise.all(ref.map((seq) => this.#chunk(seq)))
    const [only] = chunks
    if (chunks.length === 1) return only ?? null
    const whole = new Uint8Array(chunks.reduce((size, chunk) => size + (chunk?.length ?? 0), 0))
    let at = 0
    for (const chunk of chunks) {
      if (chunk === null) return null
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }

  /** Frees what lay there before a message. On the run's own subject: a call that comes late can never hit anything else. */
  async freeBefore(run: RunId, piece: Piece, seq: number | undefined): Promise<void> {
    if (seq !== undefined) await this.#engine.purge(this.#names.logs, this.#names.piece(run, piece), seq)
  }

  async freeAllBefore(run: RunId, seq: number): Promise<void> {
    await this.#engine.purge(this.#names.logs, this.#names.piecesOf(run), seq)
  }

  forget(): void {
    this.#kept.clear()
  }

  async #chunk(seq: number): Promise<Uint8Array | null> {
    const kept = this.#kept.get(seq)
    if (kept) return kept
    const found = await this.#engine.at(this.#names.logs, seq)
    if (found && found.data.length <= KEPT_SIZE) this.#kept.set(seq, found.data)
    return found?.data ?? null
  }
}
