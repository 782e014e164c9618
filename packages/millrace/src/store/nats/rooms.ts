import { Blobs } from './blobs.ts'
import { Creating } from './creating.ts'
import type { Engine } from './engine.ts'
import { Listing } from './listing.ts'
import { Log } from './log.ts'
import type { Names } from './names.ts'
import { Places } from './places.ts'
import { Presence } from './presence.ts'
import { Reading } from './reading.ts'
import { Rows } from './rows.ts'
import { Sealing } from './sealing.ts'
import { Segments } from './segments.ts'
import { Signals } from './signals.ts'
import { Upkeep } from './upkeep.ts'
import { Writing } from './writing.ts'

/** What the store consists of, on an engine that is open. */
export class Rooms {
  readonly engine: Engine
  readonly log: Log
  readonly creating: Creating
  readonly writing: Writing
  readonly reading: Reading
  readonly signals: Signals
  readonly presence: Presence
  readonly sealing: Sealing
  readonly listing: Listing
  readonly #rows: Rows

  constructor(engine: Engine, names: Names) {
    const blobs = new Blobs(engine, names)
    const log = new Log(engine, names, blobs)
    const places = new Places(engine, names)
    const upkeep = new Upkeep(engine, names, log, places, blobs)
    const segments = new Segments(blobs)
    const rows = new Rows(engine, names, blobs)
    const parts = { engine, names, log, blobs, places, upkeep, rows, segments, signals: new Signals(log, blobs, upkeep) }
    this.engine = engine
    this.log = log
    this.signals = parts.signals
    this.creating = new Creating(parts)
    this.writing = new Writing(parts)
    this.reading = new Reading(log, rows, segments, blobs)
    this.presence = new Presence(engine, names, log)
    this.sealing = new Sealing(parts)
    this.listing = new Listing(parts)
    this.#rows = rows
  }

  /** All that is remembered of what the server held. */
  forget(): void {
    this.log.forgetAll()
    this.#rows.forget()
  }
}
