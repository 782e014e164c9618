import type { Entry } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'
import { follow } from '../run/follow.ts'
import { snapshotOf } from '../run/sealer.ts'
import type { RunRecord } from '../store/store.ts'
import type { Context } from './context.ts'
import { untilEnded } from './ended.ts'

/** A run as this process sees it: the same words as the client's handle, without a wire. */
export class RunHandle {
  readonly id: string
  readonly #context: Context
  readonly #record: RunRecord
  #result: Promise<Snapshot> | null = null

  constructor(context: Context, record: RunRecord) {
    this.id = record.id
    this.#context = context
    this.#record = record
  }

  /** The entries after `after` until the run's end. Leaving the loop changes nothing for the run. */
  follow({ after = 0 }: { readonly after?: number } = {}): AsyncGenerator<Entry, void, undefined> {
    return follow(() => this.#context.tails.of(this.#record), after)
  }

  /** The text of the `text` blocks as it comes. */
  async *text(): AsyncGenerator<string, void, undefined> {
    for await (const entry of this.follow()) {
      if (entry.type === 'delta' && entry.kind === 'text') yield entry.text
    }
  }

  /** What the run says so far. */
  snapshot(): Promise<Snapshot> {
    return snapshotOf(this.#context.store, this.id)
  }

  /** What the run came to, once it has its end, whichever that is. */
  get result(): Promise<Snapshot> {
    this.#result ??= untilEnded(this.#context, this.#record, new AbortController().signal).then(() => this.snapshot())
    return this.#result
  }

  /** Stops the work. Harmless on a run that has ended. */
  async cancel(): Promise<void> {
    await this.#context.worker.cancel(this.id, 'cancel')
  }
}
