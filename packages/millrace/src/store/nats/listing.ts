import { matchesFilter, needsOwner, needsSeal, newestFirst, recordAt } from '../rules.ts'
import type { ListFilter, RunRecord } from '../store.ts'
import type { Stored } from './clients.ts'
import type { Engine } from './engine.ts'
import type { Log, Standing } from './log.ts'
import type { Names, Reason } from './names.ts'
import type { Due, Places } from './places.ts'
import type { Upkeep } from './upkeep.ts'

/** Records asked for at a time. */
const AT_ONCE = 32
/** How much further back each look goes than the one before it. */
const WIDER = 8
const PAGE = 1_000

interface ListingParts {
  readonly engine: Engine
  readonly names: Names
  readonly log: Log
  readonly places: Places
  readonly upkeep: Upkeep
}

/** Lists. Places narrow the choice; whether a run belongs in a list is decided by its record. */
export class Listing {
  readonly #parts: ListingParts

  constructor(parts: ListingParts) {
    this.#parts = parts
  }

  list(filter: ListFilter): Promise<readonly RunRecord[]> {
    return filter.needs === undefined ? this.#newest(filter) : this.#needed(filter, filter.needs)
  }

  /**
   * Places stand in the order in which runs were made, and a stream is passed only forwards: so windows at its
   * end are looked at, each further back, until one of them has enough. How many messages a window has costs one question.
   */
  async #newest(filter: ListFilter): Promise<readonly RunRecord[]> {
    const { engine, names } = this.#parts
    const { first, last } = await engine.boundsOf(names.places)
    let end = filter.before === undefined ? last + 1 : await this.#endBefore(filter.before.createdAt)
    const found: RunRecord[] = []
    for (let width = WIDER * filter.limit; found.length < filter.limit && end > first; width *= WIDER) {
      const start = Math.max(first, end - width)
      const places = await this.#placesIn(filter, start, end)
      // Others of the first one's moment may lie before the window: they are left to the next one.
      const cut = start === first ? places : places.filter(({ timestamp }) => momentOf(timestamp) > momentOf(places[0]?.timestamp))
      end = cut[0]?.seq ?? Math.min(end, places[0] === undefined ? start : (places.at(-1)?.seq ?? start) + 1)
      found.push(...(await this.#records(cut.reverse(), filter, filter.limit - found.length)))
      if (start === first) break
    }
    return found.sort(newestFirst).slice(0, filter.limit)
  }

  /** The sequence from which on every place is younger than a moment. */
  async #endBefore(createdAt: number): Promise<number> {
    const { engine, names } = this.#parts
    const scan = await engine.scan(names.places, names.everyPlace, new Date(createdAt + 1))
    scan.close()
    return scan.from
  }

  async #placesIn(filter: ListFilter, start: number, end: number): Promise<Stored[]> {
    const { engine, names } = this.#parts
    const scan = await engine.scan(names.places, names.placesOf(filter), start)
    const places: Stored[] = []
    try {
      for (let left = scan.count; left > 0; left -= PAGE) {
        for await (const place of scan.take(Math.min(left, PAGE))) {
          if (place.seq >= end) return places
          places.push(place)
        }
      }
    } finally {
      scan.close()
    }
    return places
  }

  /** Of places, newest first: records until there are enough, and those of the same moment as the last. */
  async #records(places: readonly Stored[], filter: ListFilter, most: number): Promise<readonly RunRecord[]> {
    const { log, names } = this.#parts
    const found: RunRecord[] = []
    for (let at = 0; at < places.length; at += AT_ONCE) {
      const page = places.slice(at, at + AT_ONCE)
      const enough = found[most - 1]
      if (enough && enough.createdAt > momentOf(page[0]?.timestamp)) break
      const records = await Promise.all(page.map(async (place) => {
        const standing = await log.newest(names.runOf(place.subject))
        if (standing === null) await this.#parts.places.giveUp(place)
        return standing && this.#recordOf(standing)
      }))
      found.push(...records.filter((record) => record !== null).filter((record) => matchesFilter(record, filter)))
    }
    return found
  }

  /** The oldest of those that are noted for a reason and do need it. */
  async #needed(filter: ListFilter, reason: Exclude<Reason, 'expiry'>): Promise<readonly RunRecord[]> {
    this.#parts.upkeep.sweep().catch(() => undefined)
    const due = await this.#due(reason)
    const found: RunRecord[] = []
    for (let at = 0; at < due.length && found.length < filter.limit; at += AT_ONCE) {
      const records = await Promise.all(due.slice(at, at + AT_ONCE).map((each) => this.#inNeed(each, reason)))
      found.push(...records.filter((record) => record !== null).filter((record) => matchesFilter(record, filter)))
    }
    return found.slice(0, filter.limit)
  }

  async #inNeed(due: Due, reason: Exclude<Reason, 'expiry'>): Promise<RunRecord | null> {
    const { run } = due
    const { engine, log, places, upkeep } = this.#parts
    const standing = await log.newest(run)
    if (standing === null) {
      await places.strikeStale(reason, due)
      return null
    }
    const record = this.#recordOf(standing)
    const isSo = record && (reason === 'seal' ? needsSeal(record) : needsOwner(record, standing.pieces.signals.length > 0, engine.now()))
    if (isSo) return record
    // Renewed since, ended, gone: it is noted what is so now.
    await upkeep.settle(run, standing)
    return null
  }

  async #due(reason: Reason): Promise<readonly Due[]> {
    const due: Due[] = []
    for (let from = 1, seen = PAGE; seen === PAGE; ) {
      seen = 0
      for await (const each of this.#parts.places.noted(reason, from, PAGE)) {
        seen++
        from = each.seq + 1
        if (each.from <= this.#parts.engine.now()) due.push(each)
      }
    }
    return due.sort((a, b) => a.createdAt - b.createdAt || (a.run < b.run ? -1 : 1))
  }

  #recordOf({ state }: Standing): RunRecord | null {
    return recordAt(state.record, state.policy, this.#parts.engine.now())
  }
}

function momentOf(timestamp: string | undefined): number {
  return Date.parse(timestamp ?? '')
}
