/** What is known in memory of a row of the journal. */
export interface LiveRow {
  /** Its change number. */
  readonly id: number
  readonly first: number
  readonly last: number
  readonly size: number
  readonly leaseUntil: number
  readonly crc: number
}

/** A run's rows in the journal, oldest first: three numbers a row, and the newest one whole. */
interface Rows {
  readonly ids: number[]
  readonly lasts: number[]
  readonly sizes: number[]
  newest: LiveRow
}

/**
 * Which rows of the journal belong to which run: the index the table itself does without. It is
 * rebuilt from the table when the file is opened, and costs about 24 bytes a row until the row is packed.
 */
export class LiveRows {
  readonly #byRun = new Map<number, Rows>()
  #size = 0

  /** How many rows there are. */
  get size(): number {
    return this.#size
  }

  /** The runs that have rows. */
  get runs(): Iterable<number> {
    return this.#byRun.keys()
  }

  add(run: number, row: LiveRow): void {
    this.#size += 1
    const rows = this.#byRun.get(run)
    if (rows === undefined) {
      this.#byRun.set(run, { ids: [row.id], lasts: [row.last], sizes: [row.size], newest: row })
      return
    }
    rows.ids.push(row.id)
    rows.lasts.push(row.last)
    rows.sizes.push(row.size)
    rows.newest = row
  }

  newest(run: number): LiveRow | undefined {
    return this.#byRun.get(run)?.newest
  }

  /** The rows that hold what follows offset `after`: about `maxBytes`, at least one, at most `limit`. */
  following(run: number, after: number, maxBytes: number, limit: number): readonly number[] {
    const rows = this.#byRun.get(run)
    if (rows === undefined) return []
    const start = firstAbove(rows.lasts, after)
    let stop = start
    for (let bytes = 0; stop < rows.ids.length && stop < start + limit && (bytes < maxBytes || stop === start); stop += 1) {
      bytes += rows.sizes[stop] ?? 0
    }
    return rows.ids.slice(start, stop)
  }

  /** The oldest rows up to offset `upTo`, at most `limit`. */
  upTo(run: number, upTo: number, limit: number = Infinity): readonly number[] {
    const rows = this.#byRun.get(run)
    return rows === undefined ? [] : rows.ids.slice(0, Math.min(limit, firstAbove(rows.lasts, upTo)))
  }

  /** Whether a row ends with this offset. */
  endsAt(run: number, offset: number): boolean {
    const rows = this.#byRun.get(run)
    return rows !== undefined && rows.lasts[firstAbove(rows.lasts, offset - 1)] === offset
  }

  /** Forgets the rows up to change number `id`. */
  drop(run: number, id: number): void {
    this.#dropOldest(run, (rows) => firstAbove(rows.ids, id))
  }

  /** Forgets the rows up to offset `offset`: whoever packed them removes them. */
  dropUpTo(run: number, offset: number): void {
    this.#dropOldest(run, (rows) => firstAbove(rows.lasts, offset))
  }

  #dropOldest(run: number, countOf: (rows: Rows) => number): void {
    const rows = this.#byRun.get(run)
    if (rows === undefined) return
    const count = countOf(rows)
    this.#size -= count
    if (count === rows.ids.length) {
      this.#byRun.delete(run)
      return
    }
    rows.ids.splice(0, count)
    rows.lasts.splice(0, count)
    rows.sizes.splice(0, count)
  }
}

/** The index of the first value above `bound` in ascending `values`; its length where there is none. */
function firstAbove(values: readonly number[], bound: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] ?? Infinity) <= bound) low = middle + 1
    else high = middle
  }
  return low
}
