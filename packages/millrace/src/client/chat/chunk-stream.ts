import type { Json, RunStatus } from '../../event/run-event.ts'
import type { Batches, FollowFrom } from '../../protocol/run-handle.ts'
import { Pulled } from '../processors/pulled.ts'
import type { Run } from '../run.ts'
import { Chunks, errorOf, lastOf, type StreamingChunk } from './chunks.ts'

/** An answer, chunk by chunk. Leaving the loop changes nothing about the run. */
export class ChunkStream extends Pulled<StreamingChunk> {
  /** The run that answers, once it is known. Rejects with what the question was refused for. */
  readonly run: Promise<Run<Json>>
  readonly #from: FollowFrom
  readonly #chunks = new Chunks()
  #source: Batches | null = null
  #error: Error | null = null
  #isOver = false

  constructor(run: Promise<Run<Json>>, from: FollowFrom) {
    super(() => this.#pull(), () => this.#leave())
    this.run = run
    this.#from = from
    // Whoever reads is told.
    run.catch(() => undefined)
  }

  /** Stops the work, for every reader: the loop then throws `cancelled`. */
  async cancel(): Promise<RunStatus> {
    return (await this.run).cancel()
  }

  async #pull(): Promise<readonly StreamingChunk[] | null> {
    const run = await this.run
    if (this.#error !== null) throw this.#error
    // Read to the end, or left while the question was on its way.
    if (this.#isOver) return null
    this.#source ??= run.batches(this.#from)
    const read = await this.#source.next()
    const chunks = read.done ? [] : this.#chunks.of(read.value)
    if (!read.done && this.#chunks.ended === null) return chunks
    this.#isOver = true
    // Who began behind the start has not read all sources.
    const ended = (this.#from.after ? null : this.#chunks.ended) ?? (await run.result)
    this.#error = errorOf(ended)
    return [...chunks, lastOf(ended)]
  }

  #leave(): unknown {
    this.#isOver = true
    return this.#source?.return?.()
  }
}
