import type { Batch } from '../../event/batch.ts'
import { MillraceError } from '../../event/error.ts'
import type { OnWake, RunId } from '../store.ts'
import { decodeRow } from './row.ts'

/** After so many ms a subscription that failed is tried again; the watchers' own slow poll covers the time. */
const RETRY = 1_000

interface Channel {
  readonly watchers: Set<{ readonly onWake: OnWake }>
}

interface Subscriptions {
  subscribe(run: RunId): Promise<unknown>
  unsubscribe(run: RunId): Promise<unknown>
}

/** Who wants to hear of which run: one subscription a run, however many watch it. */
export class Wakes {
  readonly #channels = new Map<RunId, Channel>()
  readonly #subscriptions: Subscriptions

  constructor(subscriptions: Subscriptions) {
    this.#subscriptions = subscriptions
  }

  add(run: RunId, onWake: OnWake): () => void {
    // Its own object, so that the same callback may watch twice.
    const watcher = { onWake }
    const known = this.#channels.get(run)
    const channel = known ?? { watchers: new Set() }
    channel.watchers.add(watcher)
    if (!known) {
      this.#channels.set(run, channel)
      void this.#open(run, channel)
    }
    return () => {
      if (!channel.watchers.delete(watcher) || channel.watchers.size > 0 || this.#channels.get(run) !== channel) return
      this.#channels.delete(run)
      this.#subscriptions.unsubscribe(run).catch(ignore)
    }
  }

  /** @param row the batch that was committed, or empty */
  wake(run: RunId, row: string): void {
    const channel = this.#channels.get(run)
    if (channel) call(channel, row === '' ? null : hintOf(row))
  }

  /** Something may have been missed. */
  wakeAll(): void {
    for (const channel of this.#channels.values()) call(channel, null)
  }

  clear(): void {
    for (const { watchers } of this.#channels.values()) watchers.clear()
    this.#channels.clear()
  }

  /** What happened before the subscription stood woke nobody: whoever watches looks once. */
  async #open(run: RunId, channel: Channel): Promise<void> {
    while (this.#channels.get(run) === channel) {
      try {
        await this.#subscriptions.subscribe(run)
        call(channel, null)
        return
      } catch (error) {
        if (!(error instanceof MillraceError && error.retryable)) return
        await new Promise((resolve) => setTimeout(resolve, RETRY))
      }
    }
  }
}

/** In a microtask each: what one of them throws hits nobody else. */
function call({ watchers }: Channel, batch: Batch | null): void {
  for (const watcher of watchers) {
    queueMicrotask(() => {
      if (watchers.has(watcher)) watcher.onWake(batch)
    })
  }
}

/** Anyone may publish on a channel: what is no batch is only a hint that something happened. */
function hintOf(row: string): Batch | null {
  try {
    return decodeRow(row)
  } catch {
    return null
  }
}

function ignore(): void {
  // The connection is gone, and the subscription with it.
}
