import { epochOf } from '../../event/cursor.ts'
import { refusal } from '../refusal.ts'
import { decideAcquire, decideAppend, hasWaited } from '../rules.ts'
import type { RunState } from '../rules.ts'
import type { Acquired, Appended, Lease, RunId, Write } from '../store.ts'
import type { Blobs } from './blobs.ts'
import { digestOf } from './digest.ts'
import type { Engine } from './engine.ts'
import type { Head, Pieces, Ref } from './head.ts'
import type { Log, Standing } from './log.ts'
import type { Row } from './message.ts'
import type { Signals } from './signals.ts'
import type { Upkeep } from './upkeep.ts'

const encoder = new TextEncoder()

interface WritingParts {
  readonly engine: Engine
  readonly log: Log
  readonly blobs: Blobs
  readonly signals: Signals
  readonly upkeep: Upkeep
}

/** What the holder of a lease does, and whoever wants to be it. */
export class Writing {
  readonly #parts: WritingParts

  constructor(parts: WritingParts) {
    this.#parts = parts
  }

  async acquire(run: RunId, nonce: string, ttl: number, revoke: boolean): Promise<Acquired | null> {
    const { engine, log, signals, upkeep } = this.#parts
    const { decided, standing } = await log.change(run, async (found) => {
      const decision = decideAcquire(found.state, nonce, ttl, revoke, engine.now())
      if (decision.kind === 'refused') throw refusal(decision.code, run)
      if (decision.kind === 'held') return { next: null, taken: null }
      const next = { ...found, state: decision.state }
      const waiting = await signals.waiting(found, next)
      return waiting && { next, taken: { ...decision, signals: waiting } }
    })
    if (decided.taken === null) return null
    if (decided.taken.isNew) await upkeep.settle(run, standing)
    const { state } = standing
    return { lease: decided.taken.lease, record: state.record, signals: decided.taken.signals, waited: hasWaited(state) }
  }

  /** One message, where this process was the last to write to the run a moment ago: nearly always. */
  async append(run: RunId, lease: Lease, write: Write): Promise<Appended> {
    const digest = digestOf(write.bytes)
    const remembered = this.#parts.log.remembered(run)
    if (remembered) {
      // Only what is accepted goes by memory: the server would refuse it if that were wrong.
      const decision = decideAppend(remembered.state, lease, write, this.#parts.engine.now(), () => false)
      const written = decision.kind === 'written' ? await this.#write(run, remembered, decision.state, { lease, write, digest }) : null
      if (written) return written
    }
    for (;;) {
      const found = await this.#parts.log.alive(run)
      const decision = decideAppend(found.state, lease, write, this.#parts.engine.now(), () => found.digest === digest)
      if (decision.kind === 'refused') throw refusal(decision.code, run)
      const done = decision.kind === 'written'
        ? await this.#write(run, found, decision.state, { lease, write, digest })
        : await this.#repeat(run, found, decision.state)
      if (done) return done
    }
  }

  /** `null`: somebody else was first. */
  async #write(run: RunId, found: Standing, state: RunState, { lease, write, digest }: {
    readonly lease: Lease
    readonly write: Write
    readonly digest: string
  }): Promise<Appended | null> {
    const checkpoint = write.checkpoint === undefined ? null : await this.#parts.blobs.put(run, 'checkpoint', encoder.encode(write.checkpoint))
    const next: Head = {
      state,
      digest: state.last === found.state.last ? found.digest : digest,
      liveFrom: found.liveFrom,
      pieces: piecesAfter(found, state, checkpoint),
    }
    const signals = await this.#parts.signals.waiting(found, next)
    if (signals === null) return null
    const committed = await this.#parts.log.commit(run, found, next, rowOf(lease, write))
    if (committed === null) return null
    if (checkpoint && found.pieces.checkpoint) this.#parts.blobs.freeBefore(run, 'checkpoint', checkpoint[0]).catch(() => undefined)
    if (state.record.status !== 'running') await this.#parts.upkeep.settle(run, committed)
    return { tail: state.record.tail, signals }
  }

  /** It was written before, at most the lease is renewed. What stands beside the log may not have been brought in line then. */
  async #repeat(run: RunId, found: Standing, state: RunState): Promise<Appended | null> {
    const next = { ...found, state }
    const signals = await this.#parts.signals.waiting(found, next)
    if (signals === null) return null
    const renewed = state === found.state ? found : await this.#parts.log.commit(run, found, next)
    if (renewed === null) return null
    if (state.record.status !== 'running') await this.#parts.upkeep.settle(run, renewed)
    return { tail: state.record.tail, signals }
  }
}

function piecesAfter({ state: before, pieces }: Standing, after: RunState, checkpoint: Ref | null): Pieces {
  const consumed = after.consumed - before.consumed
  if (consumed === 0 && checkpoint === null) return pieces
  return {
    ...pieces,
    signals: pieces.signals.slice(consumed),
    checkpoint: checkpoint === null ? pieces.checkpoint : { offset: after.record.tail, at: checkpoint },
  }
}

function rowOf({ nonce }: Lease, { after, count, bytes, parts = null }: Write): Row | null {
  if (count === 0) return null
  const body = parts === null ? bytes : joined(parts, bytes)
  return { first: after + 1, last: after + count, epoch: epochOf(nonce), at: null, partsSize: parts?.length ?? 0, body }
}

function joined(parts: Uint8Array, bytes: Uint8Array): Uint8Array {
  const body = new Uint8Array(parts.length + bytes.length)
  body.set(parts)
  body.set(bytes, parts.length)
  return body
}
