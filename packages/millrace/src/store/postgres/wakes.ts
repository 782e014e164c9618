import type { Batch } from '../../event/batch.ts'
import type { OnWake, RunId } from '../store.ts'
import { Watchers } from '../watchers.ts'
import type { PgClient } from './clients.ts'
import { Listener } from './listener.ts'
import { Notices } from './notices.ts'

interface WakesOptions {
  /** `null`: this store does not listen. */
  readonly connect: (() => Promise<PgClient>) | null
  readonly channel: string
  readonly notify: (payloads: readonly string[]) => Promise<unknown>
  readonly onFailure: (error: unknown) => void
}

/**
 * Who watches in this process hears of this process's writes at once and with the batch; of those of
 * others by a notice, which names the runs. Every store marks its notices, and does not heed its own.
 */
export class Wakes {
  readonly #options: WakesOptions
  readonly #mark = crypto.randomUUID().slice(0, 8)
  readonly #watchers = new Watchers()
  readonly #notices: Notices
  #listener: Listener | null = null

  constructor(options: WakesOptions) {
    this.#options = options
    this.#notices = new Notices((payloads) => options.notify(payloads.map((runs) => `${this.#mark} ${runs}`)))
  }

  add(run: RunId, onWake: OnWake): () => void {
    const { connect, channel, onFailure } = this.#options
    if (connect !== null) {
      this.#listener ??= new Listener({
        connect, channel, onFailure,
        onNotice: (payload) => { this.#heed(payload) },
        onStanding: () => { this.#wakeAll() },
      })
    }
    return this.#watchers.add(run, onWake)
  }

  /** The run has changed here, and the change is committed. */
  changed(run: RunId, batch: Batch | null): void {
    this.#watchers.wake(run, batch)
    this.#notices.tell(run)
  }

  async close(): Promise<void> {
    this.#watchers.clear()
    this.#listener?.close()
    await this.#notices.settled()
  }

  #heed(payload: string): void {
    const [mark, ...runs] = payload.split(' ')
    if (mark === this.#mark) return
    for (const run of runs) this.#watchers.wake(run, null)
  }

  #wakeAll(): void {
    for (const run of this.#watchers.runs()) this.#watchers.wake(run, null)
  }
}
