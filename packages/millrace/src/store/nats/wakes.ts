import type { Batch } from '../../event/batch.ts'
import type { OnWake, RunId } from '../store.ts'
import { Watchers } from '../watchers.ts'
import { batchOfRow, decodeRow, isQuiet } from './message.ts'

type Subscribe = (run: RunId, onMessage: (data: Uint8Array) => void, stands: () => void) => Promise<() => void>

/** In ms: so long after a subscription failed it is tried again; the watchers' own slow poll covers the time. */
const RETRY = 1_000

/** Who wants to hear of which run: one subscription a run, however many watch it, all on the one connection. */
export class Wakes {
  readonly #subscribe: Subscribe
  readonly #watchers = new Watchers()
  readonly #subscriptions = new Map<RunId, { count: number; leave: (() => void) | null }>()

  constructor(subscribe: Subscribe) {
    this.#subscribe = subscribe
  }

  add(run: RunId, onWake: OnWake): () => void {
    const remove = this.#watchers.add(run, onWake)
    const subscription = this.#subscriptions.get(run) ?? this.#open(run)
    subscription.count++
    let isThere = true
    return () => {
      if (!isThere) return
      isThere = false
      remove()
      subscription.count--
      if (subscription.count > 0 || this.#subscriptions.get(run) !== subscription) return
      this.#subscriptions.delete(run)
      subscription.leave?.()
    }
  }

  /** Something may have been missed. */
  wakeAll(): void {
    for (const run of this.#watchers.runs()) this.#watchers.wake(run, null)
  }

  clear(): void {
    this.#watchers.clear()
    for (const { leave } of this.#subscriptions.values()) leave?.()
    this.#subscriptions.clear()
  }

  #open(run: RunId): { count: number; leave: (() => void) | null } {
    const subscription: { count: number; leave: (() => void) | null } = { count: 0, leave: null }
    this.#subscriptions.set(run, subscription)
    void this.#keep(run, subscription)
    return subscription
  }

  /** What happened before the subscription stood woke nobody: whoever watches looks once. */
  async #keep(run: RunId, subscription: { leave: (() => void) | null }): Promise<void> {
    while (this.#subscriptions.get(run) === subscription) {
      try {
        const leave = await this.#subscribe(run, (data) => { if (!isQuiet(data)) this.#watchers.wake(run, hintOf(data)) }, () => this.#watchers.wake(run, null))
        if (this.#subscriptions.get(run) === subscription) subscription.leave = leave
        else leave()
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY))
      }
    }
  }
}

/** Anyone may publish on a subject: what is no batch is only a hint that something happened. */
function hintOf(message: Uint8Array): Batch | null {
  try {
    const row = decodeRow(message)
    return row?.at === null ? batchOfRow(row, row.body) : null
  } catch {
    return null
  }
}
