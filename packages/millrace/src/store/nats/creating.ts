import { epochOf } from '../../event/cursor.ts'
import { hasCode } from '../../event/error.ts'
import { createState, creatorLease, isCreator, recordAt } from '../rules.ts'
import type { CreateRun, Created, RunId } from '../store.ts'
import type { Blobs } from './blobs.ts'
import { digestOf } from './digest.ts'
import type { Engine } from './engine.ts'
import type { Head } from './head.ts'
import type { Log, Standing } from './log.ts'
import type { Names } from './names.ts'
import type { Places } from './places.ts'
import { tombstoneOf } from './upkeep.ts'
import type { Upkeep } from './upkeep.ts'

const encoder = new TextEncoder()
const NOTHING = new Uint8Array()

interface CreatingParts {
  readonly engine: Engine
  readonly names: Names
  readonly log: Log
  readonly blobs: Blobs
  readonly places: Places
  readonly upkeep: Upkeep
}

/** The first and the last message of a run. */
export class Creating {
  readonly #parts: CreatingParts

  constructor(parts: CreatingParts) {
    this.#parts = parts
  }

  async create(run: RunId, options: CreateRun): Promise<Created> {
    for (;;) {
      const found = await this.#parts.log.newest(run)
      const record = found && recordAt(found.state.record, found.state.policy, this.#parts.engine.now())
      if (found && record) {
        const created = record.deletedAt === null && isCreator(found.state, options)
        return { created, record, lease: created ? creatorLease(options) : null }
      }
      const made = await this.#make(run, options, found)
      if (made) return { created: true, record: made.state.record, lease: creatorLease(options) }
    }
  }

  async delete(run: RunId): Promise<void> {
    const { log, engine, upkeep } = this.#parts
    const found = await log.newest(run)
    if (found && recordAt(found.state.record, found.state.policy, engine.now())?.deletedAt != null) return
    try {
      const { standing } = await log.change(run, (alive) => ({ next: tombstoneOf(alive, engine.now()) }))
      await upkeep.settle(run, standing)
    } catch (error) {
      // Somebody else deleted it meanwhile, who does the rest too.
      if (!hasCode(error, 'gone')) throw error
    }
  }

  /** @param former what is left of an earlier life under this id */
  async #make(run: RunId, options: CreateRun, former: Standing | null): Promise<Standing | null> {
    const { log, blobs, places } = this.#parts
    const [createdAt, input] = await Promise.all([
      places.take(run, options.kind, options.principal),
      blobs.put(run, 'input', encoder.encode(options.input)),
    ])
    const head: Head = {
      state: createState(run, options, createdAt),
      digest: digestOf(NOTHING),
      liveFrom: input[0] ?? 1,
      pieces: { input, checkpoint: null, snapshot: null, segments: null, signals: [], ids: [], olderIds: null },
    }
    // Before the run is there: who dies here leaves a note of nothing, and not a run that nobody looks for.
    await places.note('owner', run, head.state.record.leaseUntil, createdAt)
    if (former) await places.strike('expiry', run)
    const row = { first: 1, last: 1, epoch: epochOf(options.nonce), at: null, partsSize: 0, body: options.start }
    const made = await log.commit(run, { seq: former?.seq ?? 0 }, head, row)
    if (made === null) return null
    this.#tidy(run, former).catch(() => undefined)
    return made
  }

  /** Nobody waits for it: what it leaves undone is done another time. */
  async #tidy(run: RunId, former: Standing | null): Promise<void> {
    const { engine, names, blobs, upkeep } = this.#parts
    if (former) {
      await engine.purge(names.logs, names.log(run), former.seq + 1)
      await blobs.freeAllBefore(run, former.seq)
    }
    await upkeep.sweep()
  }
}
