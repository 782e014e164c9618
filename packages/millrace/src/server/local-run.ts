import { formatCursor, parseCursor, type Cursor } from '../event/cursor.ts'
import { MillraceError } from '../event/error.ts'
import { entriesOf } from '../event/lines.ts'
import type { Entry, RunStatus } from '../event/run-event.ts'
import { TextPieces } from '../event/text-pieces.ts'
import type { Batches, FollowFrom, RunHandle, RunResult } from '../protocol/run-handle.ts'
import type { SignalRequest, SnapshotReply } from '../protocol/wire.ts'
import { follow, followBatches } from '../run/follow.ts'
import { checkCursor } from '../run/log.ts'
import type { RunRecord } from '../store/store.ts'
import { ownRun, type Context } from './context.ts'
import { PRESENT, untilEnded } from './ended.ts'

/** A run as this process sees it: the same words as the client's handle, without a wire. */
export class LocalRun<Result = unknown> implements RunHandle<Result> {
  readonly id: string
  readonly #context: Context
  readonly #principal: string
  #result: Promise<RunResult<Result>> | null = null

  constructor(context: Context, { id, principal }: RunRecord) {
    this.id = id
    this.#context = context
    this.#principal = principal
  }

  follow({ after = '', signal }: FollowFrom = {}): AsyncGenerator<Entry, void, undefined> {
    return this.#entries(after === '' ? null : wholeCursor(after), signal)
  }

  batches({ after = '', signal }: FollowFrom = {}): Batches {
    const place = { cursor: after }
    const arrays = this.#arrays(after === '' ? null : wholeCursor(after), signal, place)
    return {
      next: () => arrays.next(),
      return: () => arrays.return(),
      [Symbol.asyncIterator]() {
        return this
      },
      get cursor() {
        return place.cursor
      },
    }
  }

  async *text(): AsyncGenerator<string, void, undefined> {
    const { tail } = await this.#record()
    const pieces = new TextPieces()
    for await (const entry of this.follow()) {
      pieces.add(entry)
      // What stands there already is one piece: a run that began anew before now takes nothing back.
      const piece = entry.offset < tail ? '' : pieces.take()
      if (piece !== '') yield piece
    }
  }

  async snapshot(): Promise<SnapshotReply> {
    const { reply } = await this.#context.snapshots.of(await this.#record())
    return reply
  }

  get result(): Promise<RunResult<Result>> {
    this.#result ??= this.#settle()
    // Who only looks at it, or asked before the failure, is not to be ended by it.
    this.#result.catch(() => undefined)
    return this.#result
  }

  async cancel(): Promise<RunStatus> {
    const { status } = await this.#context.worker.cancel(this.id)
    return status
  }

  async signal({ type, data = null, id }: SignalRequest): Promise<RunStatus> {
    const { status } = await this.#context.worker.signal(await this.#record(), type, data, id)
    return status
  }

  /** As it is now: what a handle was made of grows old. */
  #record(): Promise<RunRecord> {
    return ownRun(this.#context, this.#principal, this.id)
  }

  async *#entries(cursor: Cursor | null, signal: AbortSignal | undefined): AsyncGenerator<Entry, void, undefined> {
    const record = await this.#record()
    if (cursor) checkCursor(record, cursor)
    const unfollow = this.#context.worker.follow(record, { ...PRESENT })
    try {
      yield* follow(() => this.#context.tails.of(record), cursor?.offset ?? 0, signal)
    } finally {
      unfollow()
    }
  }

  /** Batch by batch, as the store has them; `place` moves on with each. */
  async *#arrays(
    cursor: Cursor | null,
    signal: AbortSignal | undefined,
    place: { cursor: string },
  ): AsyncGenerator<readonly Entry[], void, undefined> {
    const record = await this.#record()
    if (cursor) checkCursor(record, cursor)
    const unfollow = this.#context.worker.follow(record, { ...PRESENT })
    let at = cursor?.offset ?? 0
    try {
      for await (const batch of followBatches(() => this.#context.tails.of(record), at, signal)) {
        const entries = [...entriesOf(batch, at)]
        at = batch.last
        place.cursor = formatCursor({ epoch: batch.epoch, offset: at, frame: 0, version: 0 })
        yield entries
      }
    } finally {
      unfollow()
    }
  }

  async #settle(): Promise<RunResult<Result>> {
    try {
      await untilEnded(this.#context, await this.#record())
      return (await this.snapshot()) as RunResult<Result>
    } catch (error) {
      // The next one who asks may have better luck.
      this.#result = null
      throw error
    }
  }
}

/** @throws MillraceError `invalid_cursor` also for one of a dialect that makes several frames of an entry */
function wholeCursor(text: string): Cursor {
  const cursor = parseCursor(text)
  if (cursor.frame === 0) return cursor
  throw new MillraceError('invalid_cursor', 'The cursor is of another dialect and lies inside an entry.')
}
