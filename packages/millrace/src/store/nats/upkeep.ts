import { isEndStatus } from '../../event/run-event.ts'
import { entomb, needsSeal, recordAt } from '../rules.ts'
import type { RunId, RunRecord } from '../store.ts'
import type { Blobs } from './blobs.ts'
import type { Engine } from './engine.ts'
import type { Head } from './head.ts'
import type { Log, Standing } from './log.ts'
import type { Names } from './names.ts'
import type { Places } from './places.ts'

/** In ms: so often a process looks for what is over, and at so many at a time. */
const INTERVAL = 5_000
const AT_ONCE = 256
/** In ms: a run that only a signal needs to wake is looked at all the same, in case that who sent one died before he noted it. */
const LOOK_AGAIN = 600_000

/**
 * Brings what stands beside a run's log in line with it: after a change, and where a process died between the
 * two. The log comes first, so that whatever is left undone can be seen and done later, by anybody.
 */
export class Upkeep {
  readonly #engine: Engine
  readonly #names: Names
  readonly #log: Log
  readonly #places: Places
  readonly #blobs: Blobs
  #sweptAt = -Infinity
  #sweptTo = 1

  constructor(engine: Engine, names: Names, log: Log, places: Places, blobs: Blobs) {
    this.#engine = engine
    this.#names = names
    this.#log = log
    this.#places = places
    this.#blobs = blobs
  }

  /** Until what stands beside the log is what its newest message asks for: others may do the same at the same time. */
  async settle(run: RunId, standing: Standing): Promise<void> {
    const followed = await this.#follow(run, standing)
    const newest = await this.#log.newest(run)
    if (newest === null || newest.seq === followed.seq) return
    // Whoever runs it goes on writing, which is no reason.
    if ([newest, followed].every(({ state }) => state.record.status === 'running')) return
    await this.settle(run, newest)
  }

  /** @returns the message that was brought in line with: another one where the run was buried */
  async #follow(run: RunId, standing: Standing): Promise<Standing> {
    const { record, policy } = standing.state
    const told = recordAt(record, policy, this.#engine.now())
    if (told === null && record.deletedAt !== null) await this.#erase(run, standing.seq)
    else if (told === null || told.deletedAt !== null) return this.#bury(run, standing)
    else if (isEndStatus(record.status)) await this.#noteEnd(run, record, policy.retention)
    else await this.#places.note('owner', run, this.#ownerNeededFrom(standing), record.createdAt)
    return standing
  }

  /** Frees the space of what is over, a page of runs at a time. */
  async sweep(): Promise<void> {
    if (performance.now() - this.#sweptAt < INTERVAL) return
    this.#sweptAt = performance.now()
    let seen = 0
    for await (const { run, seq, from } of this.#places.noted('expiry', this.#sweptTo, AT_ONCE)) {
      seen++
      this.#sweptTo = seq + 1
      if (from > this.#engine.now()) continue
      const standing = await this.#log.newest(run)
      if (standing) await this.settle(run, standing)
      else await this.#places.strike('expiry', run)
    }
    if (seen < AT_ONCE) this.#sweptTo = 1
  }

  async #noteEnd(run: RunId, record: RunRecord, retention: number): Promise<void> {
    const { createdAt, endedAt } = record
    // The reason to look for an owner goes last: until then whoever comes upon it does all of this.
    await Promise.all([
      needsSeal(record) ? this.#places.note('seal', run, 0, createdAt) : this.#places.strike('seal', run),
      this.#places.note('expiry', run, (endedAt ?? 0) + retention, createdAt),
    ])
    await this.#places.strike('owner', run)
  }

  /** When a run that goes on has to be looked at by whoever looks for work. */
  #ownerNeededFrom({ state: { record }, pieces: { signals } }: Standing): number {
    if (record.status === 'running') return record.leaseUntil
    if (record.status === 'queued' || signals.length > 0) return 0
    return record.leaseUntil > 0 ? record.leaseUntil : this.#engine.now() + LOOK_AGAIN
  }

  /** Leaves a tombstone and nothing else. */
  async #bury(run: RunId, standing: Standing): Promise<Standing> {
    const { state } = standing
    const { kind, principal, createdAt, endedAt } = state.record
    const deletedAt = state.record.deletedAt ?? (endedAt ?? 0) + state.policy.retention
    const buried = state.record.deletedAt === null ? await this.#log.commit(run, standing, tombstoneOf(standing, deletedAt)) : standing
    // Somebody else has buried it, who does the rest too.
    if (buried === null) return standing
    await this.#places.note('expiry', run, deletedAt + state.policy.tombstone, createdAt)
    await Promise.all([
      this.#engine.purge(this.#names.logs, this.#names.log(run), buried.seq),
      this.#blobs.freeAllBefore(run, buried.seq),
      this.#places.leave(run, kind, principal),
      this.#places.forgetReaders(run),
      this.#places.strike('seal', run),
      this.#places.strike('owner', run),
    ])
    return buried
  }

  /** Up to its tombstone, and no run that has been made anew under this id. */
  async #erase(run: RunId, tombstone: number): Promise<void> {
    await this.#engine.purge(this.#names.logs, this.#names.log(run), tombstone + 1)
    await this.#places.strike('expiry', run)
  }
}

/** What the log of a deleted run says. */
export function tombstoneOf({ state, digest, liveFrom, pieces }: Head, deletedAt: number): Head {
  const record = entomb(state.record, deletedAt)
  return {
    state: { ...state, record, nonce: null }, digest, liveFrom,
    pieces: { ...pieces, checkpoint: null, snapshot: null, segments: null, signals: [], ids: [], olderIds: null },
  }
}
