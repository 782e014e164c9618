import type { Batch } from '../../event/batch.ts'
import { MillraceError } from '../../event/error.ts'
import type { Loaded, Page, RunId } from '../store.ts'
import type { Blobs } from './blobs.ts'
import type { Log, Standing } from './log.ts'
import type { Rows } from './rows.ts'
import type { Segments } from './segments.ts'

/** So often a log is packed at most while one page of it is read. */
const ATTEMPTS = 8
const decoder = new TextDecoder()

/**
 * Reads. A run's newest message is the view; what it names is fetched after it and never changes, but may
 * be replaced: then the run is looked at anew.
 */
export class Reading {
  readonly #log: Log
  readonly #rows: Rows
  readonly #segments: Segments
  readonly #blobs: Blobs

  constructor(log: Log, rows: Rows, segments: Segments, blobs: Blobs) {
    this.#log = log
    this.#rows = rows
    this.#segments = segments
    this.#blobs = blobs
  }

  read(run: RunId, after: number, maxBytes: number): Promise<Page> {
    return this.#view(run, async (standing) => {
      const { record } = standing.state
      const batches = after >= record.tail ? [] : await this.#batches(run, standing, after, maxBytes)
      return batches && { batches, record }
    })
  }

  load(run: RunId): Promise<Loaded> {
    return this.#view(run, async ({ state: { record }, pieces: { input, checkpoint, snapshot } }) => {
      const refs = [input, checkpoint?.at, snapshot].filter((ref) => ref !== null && ref !== undefined)
      const found = new Map(await Promise.all(refs.map(async (ref) => [ref, await this.#blobs.get(ref)] as const)))
      if ([...found.values()].includes(null)) return null
      const textOf = (ref: readonly number[]): string => decoder.decode(found.get(ref) ?? new Uint8Array())
      return {
        record, input: textOf(input), snapshot: snapshot && textOf(snapshot),
        checkpoint: checkpoint && { offset: checkpoint.offset, data: textOf(checkpoint.at) },
      }
    })
  }

  async #view<T>(run: RunId, look: (standing: Standing) => Promise<T | null>): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const seen = await look(await this.#log.alive(run))
      if (seen !== null) return seen
    }
    throw new MillraceError('store_busy', `What run ${run} is kept in moves faster than it can be read, or is not there: try again.`)
  }

  /** `null` where they were packed meanwhile. */
  async #batches(run: RunId, standing: Standing, after: number, maxBytes: number): Promise<readonly Batch[] | null> {
    const { tail, sealedTo } = standing.state.record
    const batches: Batch[] = []
    let [at, size] = [after, 0]
    const take = (batch: Batch): boolean => {
      batches.push(batch)
      at = batch.last
      size += batch.bytes.length
      return size < maxBytes
    }
    if (at < sealedTo) {
      const table = await this.#segments.table(standing.pieces.segments)
      const packed = table && await this.#segments.after(table, at, maxBytes)
      if (packed === null) return null
      packed.forEach(take)
    }
    if (at < tail && (at === after || (at >= sealedTo && size < maxBytes))) {
      for await (const batch of this.#rows.after(run, standing, at)) if (!take(batch)) return batches
      if (at < tail) return null
    }
    return batches
  }
}
