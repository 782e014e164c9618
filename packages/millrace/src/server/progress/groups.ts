import { MillraceError } from '../../event/error.ts'
import type { Logger } from '../../run/logger.ts'
import type { Tails } from '../../run/tails.ts'
import type { Store } from '../../store/store.ts'
import { GroupProgress } from './group-progress.ts'

/** So long one is kept unwatched, in ms: who moves items one after another does not read all logs for each. */
const LINGER = 30_000
/** With so many here already it is hardly kept at all: each looks for new runs, and one caller could ask for any number. */
const MANY = 100
const SHORT_LINGER = 1_000

/** The groups whose progress is watched in this process: each is read once. */
export class Groups {
  readonly #store: Store
  readonly #tails: Tails
  readonly #logger: Logger
  readonly #groups = new Map<string, GroupProgress>()

  constructor(store: Store, tails: Tails, logger: Logger) {
    this.#store = store
    this.#tails = tails
    this.#logger = logger
  }

  /**
   * A group of this principal's runs, all that stood in their logs folded in.
   * @throws MillraceError `not_found`
   */
  async of(principal: string, group: string): Promise<GroupProgress> {
    const key = JSON.stringify([principal, group])
    const progress = this.#groups.get(key) ?? this.#open(key, principal, group)
    await progress.ready()
    return progress
  }

  close(): void {
    const closed = new MillraceError('closed', 'This server is shutting down.')
    for (const group of [...this.#groups.values()]) group.close(closed)
  }

  #open(key: string, principal: string, group: string): GroupProgress {
    const progress = new GroupProgress({
      store: this.#store, tails: this.#tails, principal, group, logger: this.#logger,
      linger: this.#groups.size < MANY ? LINGER : SHORT_LINGER,
      onIdle: () => {
        if (this.#groups.get(key) === progress) this.#groups.delete(key)
      },
    })
    this.#groups.set(key, progress)
    // Nobody may come to watch: then it is not kept for ever.
    progress.watch({ onLost: () => undefined })()
    return progress
  }
}
