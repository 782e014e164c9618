import type { Batch } from '../../event/batch.ts'
import type { RunId } from '../store.ts'
import type { Blobs } from './blobs.ts'
import type { Stored } from './clients.ts'
import type { Engine } from './engine.ts'
import { decodeHead } from './head.ts'
import type { Standing } from './log.ts'
import { batchOfRow, decodeMessage, decodeRow } from './message.ts'
import type { Row } from './message.ts'
import type { Names } from './names.ts'
import { Recent } from './recent.ts'

/** So many messages are asked for one by one before a pass is opened, which costs as much as some of them. */
const SINGLY = 6
const AT_ONCE = 128
/** Readers whose place is remembered. */
const REMEMBERED = 1_000

export interface Place {
  readonly offset: number
  /** Where the message lies that ends there. */
  readonly seq: number
}

/** The rows of logs that are not packed. */
export class Rows {
  readonly #engine: Engine
  readonly #names: Names
  readonly #blobs: Blobs
  /** Where the last page of a run ended: the next one mostly begins there. */
  readonly #places = new Recent<RunId, Place>(REMEMBERED)

  constructor(engine: Engine, names: Names, blobs: Blobs) {
    this.#engine = engine
    this.#names = names
    this.#blobs = blobs
  }

  /** The rows after an offset, up to the standing's tail, for as long as they are asked for. A gap in them: they were packed meanwhile. */
  async* after(run: RunId, standing: Standing, offset: number): AsyncGenerator<Batch> {
    let at = offset
    for await (const { seq, row } of this.#found(run, standing, offset)) {
      if (row.last <= at) continue
      const body = row.at === null ? row.body : await this.#blobs.get(row.at)
      if (row.first > at + 1 || body === null) {
        this.#places.delete(run)
        return
      }
      at = row.last
      this.#places.set(run, { offset: at, seq })
      yield batchOfRow(row, body)
      if (at >= standing.state.record.tail) return
    }
  }

  forget(): void {
    this.#places.clear()
  }

  /** The message with which the log comes to an offset, and the offset it ends at; `null` where it is not there any more. */
  async reaching(run: RunId, standing: Standing, offset: number): Promise<Place | null> {
    const found = await this.#engine.next(this.#names.logs, this.#names.log(run), await this.#search(run, standing, offset - 1))
    return found && { offset: tailOf(run, found), seq: found.seq }
  }

  async* #found(run: RunId, standing: Standing, offset: number): AsyncGenerator<{ readonly seq: number; readonly row: Row }> {
    // At the tail, which is where nearly all read, the newest message is all that is asked for.
    if (standing.row && standing.row.first <= offset + 1) {
      yield { seq: standing.seq, row: standing.row }
      return
    }
    for await (const { seq, data } of this.#messages(run, await this.#startOf(run, standing, offset), standing.seq)) {
      const row = decodeRow(data)
      if (row) yield { seq, row }
    }
  }

  async* #messages(run: RunId, from: number, last: number): AsyncGenerator<Stored> {
    let next = from
    for (let i = 0; i < SINGLY && next <= last; i++) {
      const found = await this.#engine.next(this.#names.logs, this.#names.log(run), next)
      if (found === null) return
      yield found
      next = found.seq + 1
    }
    if (next > last) return
    const scan = await this.#engine.scan(this.#names.logs, this.#names.log(run), next)
    try {
      for (let left = scan.count; left > 0; left -= AT_ONCE) yield* scan.take(Math.min(left, AT_ONCE))
    } finally {
      scan.close()
    }
  }

  async #startOf(run: RunId, standing: Standing, offset: number): Promise<number> {
    if (offset <= standing.state.record.sealedTo) return standing.liveFrom
    const place = this.#places.get(run)
    return place?.offset === offset && place.seq >= standing.liveFrom ? place.seq + 1 : this.#search(run, standing, offset)
  }

  /** The first sequence from which on the log goes beyond an offset. Every message says how far it has come, so it is halved. */
  async #search(run: RunId, standing: Standing, offset: number): Promise<number> {
    let [low, high] = [standing.liveFrom, standing.seq]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = await this.#engine.next(this.#names.logs, this.#names.log(run), middle)
      if (found && found.seq < high && tailOf(run, found) <= offset) low = found.seq + 1
      else high = middle
    }
    return low
  }
}

function tailOf(run: RunId, { data }: Stored): number {
  const { row, head } = decodeMessage(data)
  return row?.last ?? decodeHead(run, head).state.record.tail
}
