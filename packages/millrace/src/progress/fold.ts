import type { Entry, ProgressStatus } from '../event/run-event.ts'
import { runOfItem, statusUnder, type Item } from './item.ts'
import { tookOf, type Past } from './estimate.ts'
import { RunProgress, type ProgressRun } from './run-progress.ts'
import { snapshotOf, type ProgressSnapshot } from './snapshot.ts'
import { treeOf } from './tree.ts'

/** A log cannot tie a knot that stops us: deeper than this no item is looked for. */
const DEPTH = 64

/**
 * Folds the logs of a group's runs into a tree of progress. Each item lives in its own run's log, so
 * it does not matter how the logs are mixed, only what each says.
 */
export class ProgressFold {
  readonly #runs = new Map<string, RunProgress>()
  #past: Past = []

  /** Tells of a run before its entries, and again when it has ended. */
  run(info: ProgressRun): void {
    const known = this.#runs.get(info.id)
    if (known) known.info = info
    else this.#runs.set(info.id, new RunProgress(info))
  }

  /** Entries of a run that is not known, or that were folded in before, change nothing. */
  add(run: string, entry: Entry): void {
    this.#runs.get(run)?.add(entry)
  }

  /** How long like work took before, as it was when the group began. */
  recall(past: Past): void {
    this.#past = past
  }

  /** Grows with every word of progress, and is the same wherever the same was folded. */
  get version(): number {
    let sum = 0
    for (const { changes, ended } of this.#runs.values()) sum += changes + (ended ? 1 : 0)
    return sum
  }

  hasEnded(run: string): boolean {
    return this.#runs.get(run)?.ended === true
  }

  /** How long what is completed took: a later group may recall it. */
  took(): Past {
    return tookOf(treeOf(this.#items()))
  }

  /** Whether nothing follows. */
  get ended(): boolean {
    return this.#runs.size > 0 && [...this.#runs.values()].every((run) => run.ended)
  }

  item(id: string): Item | null {
    return this.#runs.get(runOfItem(id) ?? '')?.items.get(id) ?? null
  }

  /** An item's status under all of its parents. */
  status(item: Item): ProgressStatus {
    const line = [item, ...this.parents(item)].reverse()
    return line.reduce<ProgressStatus>((above, { status }) => statusUnder(above, status), 'running')
  }

  /** The nearest first. */
  parents(item: Item): Item[] {
    const line: Item[] = []
    for (let at = this.#parent(item); at !== null && line.length < DEPTH; at = this.#parent(at)) line.push(at)
    return line
  }

  children(id: string): Item[] {
    return this.#items().filter(({ parent }) => parent === id)
  }

  value(): ProgressSnapshot {
    const at = Math.max(0, ...[...this.#runs.values()].map((run) => Math.max(run.at, run.info.createdAt, run.info.endedAt ?? 0)))
    return snapshotOf(this.#items(), { at, version: this.version, ended: this.ended, past: this.#past })
  }

  /** By the order of the runs, and in each as its log has them. */
  #items(): Item[] {
    const runs = [...this.#runs.values()].sort((one, other) => one.info.createdAt - other.info.createdAt || (one.info.id < other.info.id ? -1 : 1))
    return runs.flatMap(({ items, info }) => [...items.values()].map((item) => withTimes(item, info)))
  }

  #parent({ parent }: Item): Item | null {
    return parent === null ? null : this.item(parent)
  }
}

/** Who says no times is taken at its run's. */
function withTimes(item: Item, { createdAt, endedAt }: ProgressRun): Item {
  if (item.status === 'pending' || item.id !== item.run) return item
  return { ...item, began: item.began ?? createdAt, ended: item.ended ?? endedAt }
}
