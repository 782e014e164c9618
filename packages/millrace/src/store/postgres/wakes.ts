import type { Batch } from '../../event/batch.ts'
import { MillraceError } from '../../event/error.ts'
import type { OnWake, RunId } from '../store.ts'
import { Watchers } from '../watchers.ts'
import type { PgClient } from './clients.ts'
import { Listener } from './listener.ts'
import { Notices } from './notices.ts'
import { PATIENCE } from './patience.ts'

const UNHEARD = 'what is listened to does not come through, as behind a pooler in transaction mode. Name a URL that leads to Postgres itself: `listen`.'

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
  /** Runs while a notice of this store's own is waited for. */
  #unheard: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

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
        onStanding: () => {
          this.#wakeAll()
          void this.#probe()
        },
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
    this.#isClosed = true
    this.#watchers.clear()
    this.#listener?.close()
    clearTimeout(this.#unheard)
    await this.#notices.settled()
  }

  #heed(payload: string): void {
    const [mark, ...runs] = payload.split(' ')
    if (mark === this.#mark) {
      clearTimeout(this.#unheard)
      return
    }
    for (const run of runs) this.#watchers.wake(run, null)
  }

  /** A pooler in transaction mode takes a LISTEN, and forgets it: that notices come is known once one has come. */
  async #probe(): Promise<void> {
    const { notify, onFailure } = this.#options
    clearTimeout(this.#unheard)
    const unheard = setTimeout(() => { onFailure(new MillraceError('store_failed', UNHEARD)) }, PATIENCE)
    this.#unheard = unheard
    // What could not be sent cannot be heard, and says nothing.
    await notify([this.#mark]).catch(() => { clearTimeout(unheard) })
    if (this.#isClosed) clearTimeout(unheard)
  }

  #wakeAll(): void {
    for (const run of this.#watchers.runs()) this.#watchers.wake(run, null)
  }
}
