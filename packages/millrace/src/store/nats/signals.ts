import { isEndStatus } from '../../event/run-event.ts'
import type { NewSignal, RunId, RunRecord, Signal } from '../store.ts'
import type { Blobs } from './blobs.ts'
import { digestOf } from './digest.ts'
import { corrupt } from './failure.ts'
import type { Head, Pieces, Ref } from './head.ts'
import type { Log, Standing } from './log.ts'
import type { Upkeep } from './upkeep.ts'

/** So many digests of ids ride in every message of a run; those before lie beside. */
const RIDING = 16
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Messages to a run. Each lies beside the log and is named there until it is consumed. */
export class Signals {
  readonly #log: Log
  readonly #blobs: Blobs
  readonly #upkeep: Upkeep

  constructor(log: Log, blobs: Blobs, upkeep: Upkeep) {
    this.#log = log
    this.#blobs = blobs
    this.#upkeep = upkeep
  }

  async send(run: RunId, { id, type, data }: NewSignal): Promise<RunRecord> {
    const digest = digestOf(encoder.encode(id))
    let at: Ref | null = null
    const { standing } = await this.#log.change(run, async (found) => {
      if (isEndStatus(found.state.record.status) || await this.#knows(found.pieces, digest)) return { next: null }
      at ??= await this.#blobs.put(run, 'signal', encoder.encode(JSON.stringify({ id, type, data })))
      return { next: await this.#with(run, found, digest, at) }
    })
    if (standing.state.record.status === 'waiting') await this.#upkeep.settle(run, standing)
    return standing.state.record
  }

  /**
   * Those that nobody will have consumed when `found` has become `next`, oldest first; `null` where they went with what was
   * found. To be asked before the change is made: afterwards the run may be deleted, and a change that was made must not be
   * told as one that failed.
   */
  async waiting(found: Standing, { state, pieces }: Head): Promise<readonly Signal[] | null> {
    if (pieces.signals.length === 0) return []
    const { id: run } = state.record
    const all = await Promise.all(pieces.signals.map((ref) => this.#blobs.get(ref)))
    const signals = all.flatMap((bytes, i) => {
      if (bytes === null) return []
      const { id, type, data } = JSON.parse(decoder.decode(bytes)) as NewSignal
      return [{ id, type, data, seq: state.consumed + 1 + i }]
    })
    if (signals.length === all.length) return signals
    if (await this.#log.isNewest(run, found)) throw corrupt(`a signal of run ${run} is missing`)
    return null
  }

  async #with(run: RunId, { state, digest, liveFrom, pieces }: Standing, id: string, at: Ref): Promise<Head> {
    const isFull = pieces.ids.length >= RIDING
    const olderIds = isFull ? await this.#putIds(run, [...(await this.#older(pieces)), ...pieces.ids]) : pieces.olderIds
    const ids = isFull ? [id] : [...pieces.ids, id]
    return { state, digest, liveFrom, pieces: { ...pieces, signals: [...pieces.signals, at], ids, olderIds } }
  }

  async #knows(pieces: Pieces, id: string): Promise<boolean> {
    return pieces.ids.includes(id) || (await this.#older(pieces)).includes(id)
  }

  async #older({ olderIds }: Pieces): Promise<readonly string[]> {
    const bytes = olderIds && await this.#blobs.get(olderIds)
    return bytes ? (JSON.parse(decoder.decode(bytes)) as readonly string[]) : []
  }

  #putIds(run: RunId, ids: readonly string[]): Promise<Ref> {
    return this.#blobs.put(run, 'ids', encoder.encode(JSON.stringify(ids)))
  }
}
