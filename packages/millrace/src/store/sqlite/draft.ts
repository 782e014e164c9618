import type { Batch } from '../../event/batch.ts'
import type { RunState } from '../rules.ts'
import type { RunId } from '../store.ts'
import { crcOfBatch, crcOfText } from './crc.ts'
import type { Database } from './database.ts'
import type { Value } from './driver.ts'
import { changingColumns } from './held.ts'
import type { Held } from './held.ts'
import type { LiveRow } from './live-rows.ts'
import type { View } from './view.ts'

interface NewRow extends LiveRow {
  readonly run: number
  readonly batch: Batch
}

/** Rows a statement: one call into the engine for so many appends. A turn's few go in few statements too. */
const INSERTS = [32, 16, 8, 4, 2, 1].map((rows) => ({
  rows,
  sql: `INSERT INTO journal (id, run, first, last, epoch, lease_until, crc, bytes, parts) VALUES ${Array.from({ length: rows }, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
}))

/**
 * What the writes of one transaction have decided so far. Rows of the journal and states of runs
 * are written together at its end ({@link flush}); nothing reaches the view or a watcher before the commit
 * ({@link publish}), so a transaction that fails leaves no trace here either.
 */
export class Draft {
  readonly database: Database
  readonly view: View
  readonly now: number
  #change: number
  readonly #held = new Map<string, Held>()
  readonly #unsaved = new Map<string, Held>()
  readonly #forgotten: string[] = []
  readonly #rows: NewRow[] = []
  readonly #wakes: { readonly run: RunId; readonly batch: Batch | null }[] = []
  readonly #afterCommit: (() => void)[] = []

  constructor(database: Database, view: View, now: number) {
    this.database = database
    this.view = view
    this.now = now
    this.#change = view.change
  }

  get(id: string): Held | null {
    return this.#held.get(id) ?? this.view.get(id)
  }

  /** Inserts a run that is not there, with its entry 1, and gives back its key. */
  insert(state: RunState, group: string | null, start: Batch): number {
    const { id, principal, createdAt } = state.record
    const key = this.#nextChange()
    this.#addRow(key, start, state, crcOfBatch(key, start))
    // Numbered after its row: entry 1 is part of this state, not something newer.
    const held: Held = { id, key, version: this.#nextChange(), state, lastCrc: 0, purge: false, signals: [] }
    this.database.run(
      `INSERT INTO runs (key, id, grp, principal, created_at,
         version, claimable, lease_until, unsealed, expires_at, purge, state, crc)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [key, id, group, principal, createdAt, ...changingColumns(held)],
    )
    this.#held.set(id, held)
    return key
  }

  /** The run's next state, to be written to `runs`. */
  put(held: Held): void {
    const changed = { ...held, version: this.#nextChange() }
    this.#held.set(held.id, changed)
    this.#unsaved.set(held.id, changed)
  }

  /**
   * A row of the journal that tells all there is to say of `next`, its checksum included: its state is
   * not written, unless an earlier write of this transaction left it to be.
   */
  append(next: Held, batch: Batch): void {
    this.#addRow(next.key, batch, next.state, next.lastCrc)
    this.#held.set(next.id, next)
    if (this.#unsaved.has(next.id)) this.put(next)
  }

  saveText(run: number, name: string, at: number, text: string): void {
    this.database.run(
      'INSERT OR REPLACE INTO texts (run, name, at, text, crc) VALUES (?, ?, ?, ?, ?)',
      [run, name, at, text, crcOfText(run, name, at, text)],
    )
  }

  /** Nobody shall find the run under its id any more. */
  forget(id: string): void {
    this.#held.delete(id)
    this.#unsaved.delete(id)
    this.#forgotten.push(id)
  }

  wake(run: RunId, batch: Batch | null): void {
    this.#wakes.push({ run, batch })
  }

  afterCommit(then: () => void): void {
    this.#afterCommit.push(then)
  }

  flush(): void {
    let done = 0
    for (const { rows, sql } of INSERTS) {
      for (; done + rows <= this.#rows.length; done += rows) {
        this.database.run(sql, this.#rows.slice(done, done + rows).flatMap(valuesOf))
      }
    }
    for (const held of this.#unsaved.values()) {
      this.database.run(
        `UPDATE runs SET version = ?, claimable = ?, lease_until = ?, unsealed = ?, expires_at = ?, purge = ?,
           state = ?, crc = ? WHERE key = ?`,
        [...changingColumns(held), held.key],
      )
    }
  }

  publish(wake: (run: RunId, batch: Batch | null) => void): void {
    this.view.adopt(this.#change, this.#held.values(), this.#forgotten)
    for (const row of this.#rows) {
      this.view.live.add(row.run, row)
      this.view.recent.add(row.id, row.batch)
    }
    for (const then of this.#afterCommit) then()
    for (const { run, batch } of this.#wakes) wake(run, batch)
  }

  #addRow(run: number, batch: Batch, { record: { leaseUntil } }: RunState, crc: number): void {
    const { first, last, bytes } = batch
    this.#rows.push({ id: this.#nextChange(), run, first, last, leaseUntil, crc, size: bytes.length, batch })
  }

  #nextChange(): number {
    this.#change += 1
    return this.#change
  }
}

function valuesOf({ id, run, first, last, leaseUntil, crc, batch }: NewRow): readonly Value[] {
  return [id, run, first, last, batch.epoch, leaseUntil, crc, batch.bytes, batch.parts]
}
