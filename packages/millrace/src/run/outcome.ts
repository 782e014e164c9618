import { hasCode, MillraceError } from '../event/error.ts'
import { isEndStatus, type EndStatus, type Json } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import type { Loaded, RunId, RunRecord, Store } from '../store/store.ts'
import { landing } from './landing.ts'
import { foldedIn } from './sealer.ts'
import type { Tails } from './tails.ts'

/** What a run came to, as another run of the same principal is told of it. */
export interface Outcome extends Snapshot {
  readonly status: EndStatus
  readonly kind: string
  readonly input: Json
}

/** What `onEnd` is told: what a run came to, and whose it is. */
export interface EndedRun<Input = Json> extends Omit<Outcome, 'input'> {
  readonly run: RunId
  readonly principal: string
  /** As it was sent. */
  readonly input: Input
  readonly createdAt: number
  readonly endedAt: number
}

export interface OutcomeSource {
  readonly store: Store
  readonly tails: Tails
  /** UTF-16 units of text and other content. */
  readonly maxText: number
}

/** What is done around a wait for a run's end. */
export type Waiting = (wait: () => Promise<void>) => Promise<void>

/**
 * Waits for a run's end. One call of the store where it has ended and its log is packed.
 * @throws MillraceError `not_found` also where it is another principal's, `gone`, `too_large`
 */
export async function outcomeOf({ store, tails, maxText }: OutcomeSource, principal: string, id: RunId, signal: AbortSignal, waiting: Waiting): Promise<Outcome> {
  const loaded = await ownLoaded(store, principal, id)
  if (isEndStatus(loaded.record.status)) return outcomeIn(store, loaded, maxText)
  await waiting(() => theEnd(tails, loaded.record, signal))
  return outcomeIn(store, await store.load(id), maxText)
}

/** What an ended run came to. @throws MillraceError `too_large` */
export async function outcomeIn(store: Store, loaded: Loaded, maxText: number): Promise<Outcome> {
  const snapshot = await foldedIn(store, loaded, maxText)
  return { ...snapshot, status: snapshot.status as EndStatus, kind: loaded.record.kind, input: JSON.parse(loaded.input) as Json }
}

async function ownLoaded(store: Store, principal: string, id: RunId): Promise<Loaded> {
  const nothing = new MillraceError('not_found', 'There is no such run.')
  try {
    const loaded = await store.load(id)
    if (loaded.record.principal === principal) return loaded
  } catch (error) {
    // Only whose it was is told that it is gone.
    if (hasCode(error, 'gone') && (await store.find(id))?.principal !== principal) throw nothing
    throw error
  }
  throw nothing
}

async function theEnd(tails: Tails, record: RunRecord, signal: AbortSignal): Promise<void> {
  const tail = tails.of(record)
  const release = tail.hold()
  try {
    while (!tail.ended) await landing(tail, tail.offset, signal)
  } finally {
    release()
  }
}
