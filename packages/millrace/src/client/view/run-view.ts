import { MillraceError } from '../../event/error.ts'
import type { AskEvent, PublicErrorInfo, RunStatus } from '../../event/run-event.ts'
import type { Snapshot } from '../../event/snapshot.ts'
import type { SignalRequest } from '../../protocol/wire.ts'
import type { ConnectionStatus } from '../connection.ts'
import { failureOf } from './failure.ts'
import { Follower, type Followed } from './follower.ts'
import { Shown } from './shown.ts'

export interface RunViewOptions {
  /** Keep at least so much of the newest text, in UTF-16 units, and at most twice as much. Default: all of it. */
  readonly keep?: number
}

/** A run as a page shows it. What did not change is the same object in the next snapshot. */
export interface RunSnapshot extends Omit<Snapshot, 'offset' | 'status' | 'asks' | 'error'> {
  /** `null` before the run said anything, or where there is none. */
  readonly status: RunStatus | null
  /** What the run waits to be told. */
  readonly asks: readonly Omit<AskEvent, 'type'>[]
  /** Why the run failed, or why it cannot be read or told anything. */
  readonly error: PublicErrorInfo | null
  readonly connection: ConnectionStatus
  /** How much of the text was not kept, in UTF-16 units. */
  readonly dropped: number
}

/** A run for any framework. It is read while somebody listens, and nothing is left behind when the last one leaves. */
export interface RunView {
  readonly subscribe: (listener: () => void) => () => void
  /** The same object until listeners are told. */
  readonly getSnapshot: () => RunSnapshot
  /** As it is before anything was read: for servers, and for the first rendering of a page that one rendered. */
  readonly getServerSnapshot: () => RunSnapshot
  /** Stops the work, for every reader. Never rejects: where it cannot be told, `error` says why. */
  readonly cancel: () => Promise<void>
  /** Tells the run what it asks for. @throws MillraceError `invalid_input` where its kind takes no such signal */
  readonly signal: (signal: SignalRequest) => Promise<RunStatus>
  /** Reads on, once `connection` is `failed`. */
  readonly reconnect: () => void
}

/** @param run by a client of `createClient`, `null` for none: a view that stays empty */
export function createRunView(run: Followed | null, { keep = Infinity }: RunViewOptions = {}): RunView {
  let refusal: PublicErrorInfo | null = null
  const follower = new Follower(run, keep, (isOver) => {
    if (isOver) shown.flush()
    else shown.changed()
  })
  const look = (): RunSnapshot => {
    const { offset: _, status: _status, asks = NO_ASKS, error, ...said } = follower.snapshot()
    const { status, connection, dropped, failure } = follower
    return { ...said, status, asks, error: error ?? failure ?? refusal, connection, dropped }
  }
  const shown = new Shown(look, follower)
  return {
    subscribe: shown.subscribe, getSnapshot: shown.get, getServerSnapshot: shown.getFirst,
    async cancel() {
      refusal = (await run?.cancel().then(() => null, failureOf)) ?? null
      shown.changed()
    },
    async signal(signal) {
      if (!run) throw new MillraceError('invalid_request', 'There is no run to signal.')
      return run.signal(signal)
    },
    reconnect: () => follower.begin(),
  }
}

const NO_ASKS: RunSnapshot['asks'] = []
