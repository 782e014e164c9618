import type { EndStatus, Entry, ProgressEvent, ProgressFeed, ProgressStatus } from '../event/run-event.ts'
import { isSettled, runOfItem, type Item, type Span } from './item.ts'

const STATUSES: readonly ProgressStatus[] = ['pending', 'running', 'paused', 'completed', 'failed', 'skipped', 'cancelled']

/** What a list says of a run; its times are by the store's clock. */
export interface ProgressRun {
  readonly id: string
  readonly createdAt: number
  readonly endedAt: number | null
}

/** One run's items, folded from its own log. */
export class RunProgress {
  info: ProgressRun
  /** How much of the log is folded in. */
  offset = 0
  /** The newest time that was said. */
  at = 0
  end: EndStatus | null = null
  /** How often something of progress was said: of text there is much more, and it changes nothing here. */
  changes = 0
  readonly items: Map<string, Item> = new Map()
  #feed: ProgressFeed | null = null
  /** It says itself how its own item stands. */
  #outspoken = false

  constructor(info: ProgressRun) {
    this.info = info
  }

  /** Its end stands in the log, and when that was is known. */
  get ended(): boolean {
    return this.end !== null && this.info.endedAt !== null
  }

  add(entry: Entry): void {
    if (entry.offset <= this.offset) return
    this.offset = entry.offset
    if (entry.type === 'start') this.#begin(entry.progress ?? null)
    else if (entry.type === 'progress') this.#say(entry)
    else if (entry.type === 'attempt') this.#begin(this.#feed)
    else if (entry.type === 'end') this.#finish(entry.status)
    // Whatever else it says: the run is being worked on.
    else this.#stir()
  }

  /** Everything that was said before does not hold: the work begins, or begins anew. */
  #begin(feed: ProgressFeed | null): void {
    this.#feed = feed
    this.changes += 1
    this.#outspoken = false
    this.items.clear()
    if (feed === null) return
    const { parent = null, name, total = null, weight = 1 } = feed
    this.#put({
      id: this.info.id, run: this.info.id, parent, name, status: 'pending', done: null, total, weight,
      message: null, began: null, ended: null, pauses: [],
    })
  }

  #stir(): void {
    const own = this.items.get(this.info.id)
    if (own?.status === 'pending' && !this.#outspoken) this.#put({ ...own, status: 'running', began: this.info.createdAt })
  }

  #say(event: ProgressEvent): void {
    const { id: run } = this.info
    const id = ownId(run, event.item)
    const known = this.items.get(id)
    if (id === run) this.#outspoken = true
    else this.#stir()
    const { name = known?.name ?? event.item, at = null } = event
    // A handler may say what it likes, and a newer one what is not known here.
    const status = STATUSES.includes(event.status) ? event.status : 'running'
    this.at = Math.max(this.at, at ?? 0)
    this.#put({
      id, run, name, status,
      parent: event.parent === undefined ? (known?.parent ?? this.#above(id)) : this.#named(event.parent),
      done: event.done ?? known?.done ?? null,
      total: event.total ?? known?.total ?? null,
      weight: event.weight ?? known?.weight ?? 1,
      message: event.message ?? known?.message ?? null,
      began: status === 'pending' ? null : (known?.began ?? at),
      ended: isSettled(status) ? (known?.ended ?? at) : null,
      pauses: pausesAfter(known?.pauses ?? [], status, at),
    })
  }

  #finish(end: EndStatus): void {
    this.end = end
    this.changes += 1
    for (const item of this.items.values()) {
      if (!isSettled(item.status)) this.#put({ ...item, status: endedAs(item, end, this.info.id) })
    }
  }

  /** What an item is a part of that names no parent: its run, where that is an item. */
  #above(id: string): string | null {
    return this.#feed === null || id === this.info.id ? null : this.info.id
  }

  /** A parent may live in another run's log; then it is named by its id. */
  #named(parent: string): string {
    const own = ownId(this.info.id, parent)
    return this.items.has(own) || runOfItem(parent) === null ? own : parent
  }

  #put(item: Item): void {
    this.changes += 1
    this.items.set(item.id, item)
  }
}

/** A log speaks of its own run's items alone, whatever it calls them. */
function ownId(run: string, name: string): string {
  return name === run || name.startsWith(`${run}/`) ? name : `${run}/${name}`
}

function pausesAfter(pauses: readonly Span[], status: ProgressStatus, at: number | null): readonly Span[] {
  const last = pauses.at(-1)
  const open = last?.to === Infinity
  if (at === null || open === (status === 'paused')) return pauses
  if (open) return [...pauses.slice(0, -1), { from: last.from, to: Math.max(last.from, at) }]
  return [...pauses, { from: at, to: Infinity }]
}

/** What an item comes to that its run left open. */
function endedAs({ id, status }: Item, end: EndStatus, run: string): ProgressStatus {
  if (end === 'cancelled') return 'cancelled'
  // One thing failed, and that is the run: what was under way in it did not get to its end.
  if (end === 'failed') return id === run ? 'failed' : 'cancelled'
  return status === 'pending' && id !== run ? 'skipped' : 'completed'
}
