import { formatCursor } from '../event/cursor.ts'
import type { Json } from '../event/run-event.ts'
import { epochAt } from '../run/log.ts'
import { foldedIn } from '../run/sealer.ts'
import type { RunRecord, Store } from '../store/store.ts'
import type { SnapshotReply } from '../protocol/wire.ts'
import { infoOf } from './info.ts'

/** A snapshot, and its JSON: written once however many wait for it. */
export interface SnapshotAnswer {
  readonly reply: SnapshotReply
  readonly json: string
}

/** So many are folded at a time: a large answer is held several times over while it is. */
const AT_ONCE = 2

/** Folds runs into snapshots. Who asks for the same run at the same tail shares the work. */
export class Snapshots {
  readonly #store: Store
  readonly #maxText: number
  readonly #underWay = new Map<string, Promise<SnapshotAnswer>>()
  readonly #waiting: (() => void)[] = []
  #folding = 0

  /** @param maxText UTF-16 units of text and other content; a longer run is read as a stream */
  constructor(store: Store, maxText: number) {
    this.#store = store
    this.#maxText = maxText
  }

  /** @throws MillraceError `too_large` */
  of(record: RunRecord): Promise<SnapshotAnswer> {
    // Never an older fold than the record: who has read the end is told of the end.
    const key = `${record.id} ${String(record.tail)}`
    const known = this.#underWay.get(key)
    if (known) return known
    const answer = this.#inTurn(record).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, answer)
    return answer
  }

  async #inTurn(record: RunRecord): Promise<SnapshotAnswer> {
    if (this.#folding < AT_ONCE) this.#folding += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await this.#fold(record)
    } finally {
      // The place is handed on, so that nobody slips in between.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#folding -= 1
    }
  }

  async #fold(record: RunRecord): Promise<SnapshotAnswer> {
    const loaded = await this.#store.load(record.id)
    const snapshot = await foldedIn(this.#store, loaded, this.#maxText)
    const { offset } = snapshot
    const cursor = formatCursor({ epoch: await this.#epochAt(record, offset), offset, frame: 0, version: 0 })
    const reply = { ...infoOf(record), tail: offset, cursor, input: JSON.parse(loaded.input) as Json, ...snapshot }
    return { reply, json: JSON.stringify(reply) }
  }

  /** The fold may have gone beyond the record, under a lease that this does not know yet. */
  async #epochAt(record: RunRecord, offset: number): Promise<string> {
    const known = offset <= record.tail ? record : await this.#store.find(record.id)
    return epochAt(known ?? record, offset)
  }
}
