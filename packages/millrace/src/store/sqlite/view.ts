import { LiveRows } from './live-rows.ts'
import { STATE_COLUMNS, heldOf, withNewest } from './held.ts'
import type { Held } from './held.ts'
import { PackedRows } from './packed-rows.ts'
import { RecentRows } from './recent-rows.ts'
import type { Signal } from '../store.ts'
import type { Database } from './database.ts'
import type { Row } from './driver.ts'

/**
 * `changed`: runs that others touched are forgotten, and read again when asked for. `more`: not all
 * of it is in; end the transaction, let the event loop go round and refresh again.
 */
export type Refreshed = 'unchanged' | 'changed' | 'more'

/** How many runs stay known; each can be read again, so this bounds memory and nothing else. */
const MOST_HELD = 10_000

/**
 * What this process knows of the file: the rows of the journal and the state of the runs it dealt
 * with. Asked inside a transaction and after {@link View.refresh} it is never out of date; while
 * nobody else commits, all that costs is one `PRAGMA data_version`, about two microseconds.
 */
export class View {
  readonly live: LiveRows = new LiveRows()
  readonly packed: PackedRows = new PackedRows(this.live)
  readonly recent: RecentRows = new RecentRows()
  readonly #database: Database
  readonly #held = new Map<string, Held>()
  readonly #ids = new Map<number, string>()
  #dataVersion = -1
  #journalSeen = 0
  /** -1: nothing was read yet, so no run is held that could have changed. */
  #runsSeen = -1

  constructor(database: Database) {
    this.#database = database
  }

  /** The highest change number given out so far, by whichever process. */
  get change(): number {
    return Math.max(this.#journalSeen, this.#runsSeen)
  }

  /** Whether another process has committed since the last complete refresh. */
  isBehind(): boolean {
    return this.#database.dataVersion() !== this.#dataVersion
  }

  /** Brings in what other processes have committed, at most about `limit` rows of each table. */
  refresh(limit: number): Refreshed {
    const dataVersion = this.#database.dataVersion()
    if (dataVersion === this.#dataVersion) return 'unchanged'
    const rows = this.#bringRows(limit)
    const runs = this.#bringRuns(limit)
    if (rows === limit || runs === limit) return 'more'
    this.#dataVersion = dataVersion
    return 'changed'
  }

  get(id: string): Held | null {
    const known = this.#held.get(id)
    if (known) return known
    const row = this.#database.all(`SELECT ${STATE_COLUMNS} FROM runs WHERE id = ?`, [id])[0]
    if (row === undefined) return null
    const held = this.stateOf(row)
    const whole = { ...held, signals: this.#signals(held) }
    this.put(whole)
    return whole
  }

  /** A row of {@link STATE_COLUMNS} as it stands, but without its signals. */
  stateOf(row: Row): Held {
    const held = heldOf(row)
    return this.#held.get(held.id) ?? withNewest(held, this.live.newest(held.key))
  }

  /** Whether the run is known and untouched by others since it was last asked for. */
  has(id: string): boolean {
    return this.#held.has(id)
  }

  put(held: Held): void {
    const known = this.#held.get(held.id)
    this.#held.set(held.id, held)
    if (known?.key === held.key) return
    if (known) this.#ids.delete(known.key)
    this.#ids.set(held.key, held.id)
    if (this.#held.size > MOST_HELD) {
      const [oldest] = this.#held.keys()
      if (oldest !== undefined) this.#forget(oldest)
    }
  }

  /** Takes over what a committed transaction of our own has changed. */
  adopt(change: number, changed: Iterable<Held>, forgotten: Iterable<string>): void {
    this.#journalSeen = change
    this.#runsSeen = change
    for (const id of forgotten) this.#forget(id)
    for (const held of changed) this.put(held)
  }

  #forget(id: string): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#held.delete(id)
    this.#ids.delete(held.key)
  }

  #bringRows(limit: number): number {
    const rows = this.#database.all(
      'SELECT id, run, first, last, length(bytes), lease_until, crc FROM journal WHERE id > ? ORDER BY id LIMIT ?',
      [this.#journalSeen, limit],
    ) as readonly (readonly number[])[]
    for (const [id = 0, run = 0, first = 0, last = 0, size = 0, leaseUntil = 0, crc = 0] of rows) {
      this.live.add(run, { id, first, last, size, leaseUntil, crc })
      this.#forget(this.#ids.get(run) ?? '')
      this.#journalSeen = id
    }
    return rows.length
  }

  #bringRuns(limit: number): number {
    if (this.#runsSeen === -1) {
      this.#runsSeen = Number(this.#database.all('SELECT max(version) FROM runs')[0]?.[0] ?? 0)
      return 0
    }
    const rows = this.#database.all(
      `SELECT ${STATE_COLUMNS} FROM runs WHERE version > ? ORDER BY version LIMIT ?`,
      [this.#runsSeen, limit],
    )
    for (const row of rows) {
      const { id, key, version, state } = heldOf(row)
      this.#forget(id)
      this.live.dropUpTo(key, state.record.deletedAt === null ? state.record.sealedTo : Infinity)
      this.#runsSeen = version
    }
    return rows.length
  }

  #signals({ key, state }: Held): readonly Signal[] {
    const rows = this.#database.all(
      'SELECT seq, id, type, data FROM signals WHERE run = ? AND seq > ? ORDER BY seq',
      [key, state.consumed],
    ) as readonly (readonly [number, string, string, string])[]
    return rows.map(([seq, id, type, data]) => ({ seq, id, type, data }))
  }
}
