import { MillraceError } from '../../event/error.ts'
import { isRunId } from '../../protocol/routes.ts'
import type { Logger } from '../../run/logger.ts'
import type { Tails } from '../../run/tails.ts'
import type { RunRecord, Store } from '../../store/store.ts'
import { GroupProgress } from './group-progress.ts'

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
    const key = keyOf(principal, group)
    const progress = this.#groups.get(key) ?? this.#open(key, principal, group)
    await progress.ready()
    return progress
  }

  /**
   * The group as it stands now, also where runs of it began elsewhere a moment ago.
   * @param id its own, or that of any of its runs
   * @throws MillraceError `not_found`
   */
  async at(principal: string, id: string): Promise<GroupProgress> {
    if (!isRunId(id)) throw new MillraceError('not_found', 'There is no such group of runs.')
    // A run's id names its group.
    const group = await this.of(principal, id.slice(0, 22))
    await group.look()
    return group
  }

  /** A run was started here: who watches its group need not wait until it is looked for. */
  grown(run: RunRecord): void {
    this.#groups.get(keyOf(run.principal, run.id.slice(0, 22)))?.grown(run)
  }

  close(): void {
    const closed = new MillraceError('closed', 'This server is shutting down.')
    for (const group of [...this.#groups.values()]) group.close(closed)
  }

  #open(key: string, principal: string, group: string): GroupProgress {
    const progress = new GroupProgress({
      store: this.#store, tails: this.#tails, principal, group, logger: this.#logger,
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

function keyOf(principal: string, group: string): string {
  return JSON.stringify([principal, group])
}
