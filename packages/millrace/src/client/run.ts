import { isEndStatus, type Entry, type RunStatus } from '../event/run-event.ts'
import { TextPieces } from '../event/text-pieces.ts'
import { runPath, SIGNALS } from '../protocol/routes.ts'
import type { Batches, FollowFrom, RunHandle, RunResult } from '../protocol/run-handle.ts'
import type { SignalReply, SignalRequest, SnapshotReply } from '../protocol/wire.ts'
import { broken, type ConnectionStatus } from './connection.ts'
import { reading, single, whole } from './follow.ts'
import { newKey } from './key.ts'
import type { Placed, View } from './reading.ts'
import { call, type Access } from './request.ts'

/** A run somewhere else. Holding one costs nothing: it connects when something is asked of it. */
export class Run<Result = unknown> implements RunHandle<Result> {
  readonly id: string
  readonly #url: string
  readonly #access: Access
  readonly #open: typeof reading
  readonly #listeners = new Set<(status: ConnectionStatus) => void>()
  #connection: ConnectionStatus = 'idle'
  #result: Promise<RunResult<Result>> | null = null

  /** @param base the address that the paths of the protocol follow. @param open how its stream is read */
  constructor(id: string, base: string, access: Access, open: typeof reading = reading) {
    this.id = id
    this.#url = base + runPath(id)
    this.#access = access
    this.#open = open
  }

  follow(from?: FollowFrom): AsyncIterableIterator<Entry> {
    return this.#read(single, from)
  }

  batches(from?: FollowFrom): Batches {
    return this.#read(whole, from)
  }

  /** What arrived together comes as one string. */
  text(): AsyncIterableIterator<string> {
    const pieces = new TextPieces()
    return this.#read((entries, nth) => {
      if (nth > 0) return undefined
      for (const entry of entries) pieces.add(entry)
      return pieces.take() || undefined
    })
  }

  snapshot(signal?: AbortSignal): Promise<SnapshotReply> {
    return call(this.#url, { signal }, this.#access)
  }

  /** After a loop to the end it costs one request: the server keeps the answer folded. */
  get result(): Promise<RunResult<Result>> {
    this.#result ??= this.#settle()
    // Who only looks at it, or asked before the failure, is not to be ended by it.
    this.#result.catch(() => undefined)
    return this.#result
  }

  cancel(): Promise<RunStatus> {
    return this.signal({ type: 'cancel' })
  }

  /** Repeated until it is answered, it is sent once. */
  async signal(signal: SignalRequest): Promise<RunStatus> {
    return (await call<SignalReply>(this.#url + SIGNALS, { body: { id: newKey(), ...signal } }, this.#access)).status
  }

  /** The connection of this handle's loops, of whichever changed last. */
  get connection(): ConnectionStatus {
    return this.#connection
  }

  /** Returns what stops it. */
  onConnection(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #read<T>(view: View<T>, from?: FollowFrom): Placed<T> {
    return this.#open(this.#url, view, { ...this.#access, ...from }, (status) => {
      this.#connection = status
      for (const listener of this.#listeners) listener(status)
    })
  }

  async #settle(): Promise<RunResult<Result>> {
    try {
      let snapshot = await this.snapshot()
      if (!isEndStatus(snapshot.status)) {
        for await (const _ of this.batches());
        snapshot = await this.snapshot()
      }
      if (!isEndStatus(snapshot.status)) throw broken('The run has not ended.')
      return snapshot as RunResult<Result>
    } catch (error) {
      // The next one who asks may have better luck.
      this.#result = null
      throw error
    }
  }
}
