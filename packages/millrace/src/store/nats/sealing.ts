import { isEndStatus } from '../../event/run-event.ts'
import { refusal } from '../refusal.ts'
import { decideSeal } from '../rules.ts'
import type { RunId, Seal } from '../store.ts'
import type { Blobs } from './blobs.ts'
import type { Engine } from './engine.ts'
import type { Head } from './head.ts'
import type { Log, Standing } from './log.ts'
import type { Names } from './names.ts'
import type { Rows } from './rows.ts'
import type { Segment, Segments } from './segments.ts'
import type { Upkeep } from './upkeep.ts'

const encoder = new TextEncoder()

interface SealingParts {
  readonly engine: Engine
  readonly names: Names
  readonly log: Log
  readonly rows: Rows
  readonly segments: Segments
  readonly blobs: Blobs
  readonly upkeep: Upkeep
}

/** Packs logs: segments are put beside the log, one message makes them its beginning, and then the rows go. */
export class Sealing {
  readonly #parts: SealingParts

  constructor(parts: SealingParts) {
    this.#parts = parts
  }

  async seal(run: RunId, { segments, snapshot }: Seal): Promise<void> {
    const { log, upkeep, engine, names, blobs } = this.#parts
    let put: readonly Segment[] | null = null
    const { decided, standing } = await log.change(run, async (found) => {
      const decision = decideSeal(found.state.record, segments)
      if (decision.kind === 'refused') throw refusal(decision.code, run)
      if (decision.kind === 'done') return { next: null }
      const place = await this.#placeOf(run, found, decision.first, decision.last)
      if (place === null) return null
      put ??= await this.#put(run, segments)
      return { next: await this.#sealed(run, found, { ...place, record: decision.record, put, snapshot }) }
    })
    if (decided.next === null) return
    const { segments: table, snapshot: kept } = standing.pieces
    await Promise.all([
      engine.purge(names.logs, names.log(run), standing.liveFrom),
      blobs.freeBefore(run, 'rows', standing.liveFrom),
      blobs.freeBefore(run, 'segments', table?.[0]),
      blobs.freeBefore(run, 'snapshot', kept?.[0]),
    ])
    if (isEndStatus(standing.state.record.status)) await upkeep.settle(run, standing)
  }

  /**
   * What is packed before these segments, and where the rows after them begin; `null` where what was found is out of date.
   *
   * @throws MillraceError `conflict` where no rows begin and end there
   */
  async #placeOf(run: RunId, found: Standing, first: number, last: number): Promise<{ readonly before: readonly Segment[]; readonly liveFrom: number } | null> {
    const table = await this.#parts.segments.table(found.pieces.segments)
    const end = await this.#parts.rows.reaching(run, found, last)
    const begins = first === found.state.record.sealedTo + 1 || table?.some((segment) => segment.first === first)
    if (table === null || end === null || end.offset !== last || !begins) {
      // Rows go with a run that is deleted or packed at this moment, which is no fault of these segments.
      if (await this.#parts.log.isNewest(run, found)) throw refusal('conflict', run)
      return null
    }
    return { before: table.filter((segment) => segment.last < first), liveFrom: end.seq + 1 }
  }

  async #put(run: RunId, segments: Seal['segments']): Promise<readonly Segment[]> {
    const put: Segment[] = []
    for (const segment of segments) put.push(await this.#parts.segments.put(run, segment))
    return put
  }

  async #sealed(run: RunId, { state, digest, pieces }: Standing, { record, liveFrom, before, put, snapshot }: {
    readonly record: Standing['state']['record']
    readonly liveFrom: number
    readonly before: readonly Segment[]
    readonly put: readonly Segment[]
    readonly snapshot: string | null
  }): Promise<Head> {
    return {
      state: { ...state, record }, digest, liveFrom,
      pieces: {
        ...pieces,
        segments: await this.#parts.segments.putTable(run, [...before, ...put]),
        snapshot: snapshot === null ? pieces.snapshot : await this.#parts.blobs.put(run, 'snapshot', encoder.encode(snapshot)),
      },
    }
  }
}
