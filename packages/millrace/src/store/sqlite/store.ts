import { MillraceError } from '../../event/error.ts'
import { refusal } from '../refusal.ts'
import type {
  AcquireOptions, Acquired, Appended, CreateRun, Created, Lease, ListFilter, Loaded, NewSignal, OnWake, Page, RunId,
  RunRecord, Seal, Store, Write,
} from '../store.ts'
import { clearLeftovers, clearRun, sweep } from './clearing.ts'
import { checkDriver, loadDriver } from './drivers.ts'
import type { SqliteDriver } from './drivers.ts'
import type { Draft } from './draft.ts'
import { Engine } from './engine.ts'
import { toStoreError } from './failure.ts'
import { listRuns } from './listing.ts'
import { loadRun, readPage, recallPage } from './reads.ts'
import { openDatabase } from './schema.ts'
import type { Durability } from './schema.ts'
import { sealRun } from './sealing.ts'
import { standing } from './standing.ts'
import { FileWatchers } from './watchers.ts'
import { acquireRun, appendToRun, createRun, deleteRun, signalRun, touchRun } from './writes.ts'

export interface SqliteOptions {
  /**
   * What an acknowledged write survives. `process` (the default): this process being killed at any
   * moment; a power cut or a crash of the machine may cost the last moments' writes, never the
   * order or the soundness of what is left. `power`: these too, at one flush of the disk a commit.
   */
  readonly durability?: Durability
  /**
   * Default: `node:sqlite` where the runtime has it, else the package `libsql`. All stores of one process on one file must take the
   * same: closing a file in one of two SQLites of a process undoes the locks of the other.
   */
  readonly driver?: SqliteDriver
  /** The store's clock, in ms since the epoch. All processes on one file must agree on it. */
  readonly clock?: () => number
}

/** For how long a call waits for other processes, in ms, before it fails with `store_busy`. */
const PATIENCE = 5_000
/** How often the runs whose time is over are looked for, at most, by the store's clock; only while something but entries is written. */
const SWEEP_INTERVAL = 30_000

/**
 * A store in one SQLite file, with nothing to start. Several processes of one machine may share the
 * file, on a local disk. The file is opened by the first call.
 */
export function sqlite(path: string, options: SqliteOptions = {}): Store {
  return new SqliteStore(path, options)
}

class SqliteStore implements Store {
  readonly #path: string
  readonly #durability: Durability
  readonly #driver: SqliteDriver | undefined
  readonly #clock: () => number
  readonly #watchers = new FileWatchers(() => { this.#poll() })
  #engine: Promise<Engine> | null = null
  /** The same once it is there: an append, of which there is one for every token, costs no promise but its own then. */
  #opened: Engine | null = null
  #sweptAt = -Infinity
  #isClosed = false

  constructor(path: string, { durability = 'process', driver, clock = Date.now }: SqliteOptions) {
    checkPath(path)
    checkDriver(driver)
    this.#path = path
    this.#durability = durability
    this.#driver = driver
    this.#clock = clock
  }

  async create(run: RunId, options: CreateRun): Promise<Created> {
    const engine = await this.#writer()
    return engine.write((draft) => createRun(draft, run, options))
  }

  async acquire(run: RunId, nonce: string, ttl: number, options: AcquireOptions = {}): Promise<Acquired | null> {
    const engine = await this.#writer()
    return engine.write((draft) => acquireRun(draft, run, nonce, ttl, options))
  }

  append(run: RunId, lease: Lease, write: Write): Promise<Appended> {
    const change = (draft: Draft): Appended => appendToRun(draft, run, lease, write)
    return this.#opened?.append(change) ?? this.#writer().then((engine) => engine.append(change))
  }

  async read(run: RunId, after: number, maxBytes: number): Promise<Page> {
    const engine = await this.#open()
    return engine.read(() => readPage(engine, run, after, maxBytes), () => recallPage(engine, run, after, maxBytes))
  }

  async find(run: RunId): Promise<RunRecord | null> {
    const engine = await this.#open()
    const look = (): RunRecord | null => standing(engine.view, run, engine.clock())?.state.record ?? null
    return engine.read(look, () => (engine.view.has(run) ? look() : undefined))
  }

  async load(run: RunId): Promise<Loaded> {
    const engine = await this.#open()
    return engine.read(() => loadRun(engine, run))
  }

  watch(run: RunId, onWake: OnWake): () => void {
    if (this.#isClosed) throw refusal('closed')
    // Only an open file can be polled. If it cannot be opened, whoever reads is told.
    inBackground(this.#open())
    return this.#watchers.add(run, onWake)
  }

  async signal(run: RunId, signal: NewSignal): Promise<RunRecord> {
    const engine = await this.#writer()
    return engine.write((draft) => signalRun(draft, run, signal))
  }

  async touch(run: RunId, node: string, ttl: number): Promise<number> {
    const engine = await this.#writer()
    return engine.write((draft) => touchRun(draft, run, node, ttl))
  }

  async seal(run: RunId, seal: Seal): Promise<void> {
    await sealRun(await this.#writer(), run, seal)
  }

  async list(filter: ListFilter): Promise<readonly RunRecord[]> {
    return listRuns(await this.#open(), filter)
  }

  async delete(run: RunId): Promise<void> {
    const engine = await this.#writer()
    await engine.write((draft) => { deleteRun(draft, run) })
    await clearRun(engine, run)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#opened = null
    this.#watchers.clear()
    // A file that could not be opened has nothing to close, and whoever opened it has been told.
    const engine = await this.#engine?.catch(() => null)
    await engine?.close()
  }

  #open(): Promise<Engine> {
    if (this.#isClosed) return Promise.reject(refusal('closed'))
    this.#engine ??= this.#start()
    return this.#engine
  }

  async #writer(): Promise<Engine> {
    const engine = await this.#open()
    const now = this.#clock()
    if (now - this.#sweptAt >= SWEEP_INTERVAL) {
      this.#sweptAt = now
      inBackground(sweep(engine))
    }
    return engine
  }

  async #start(): Promise<Engine> {
    try {
      const openDriver = await loadDriver(this.#driver)
      const database = await openDatabase(this.#path, this.#durability, openDriver, PATIENCE)
      const engine = new Engine({ database, watchers: this.#watchers, clock: this.#clock, patience: PATIENCE })
      inBackground(clearLeftovers(engine))
      if (!this.#isClosed) this.#opened = engine
      return engine
    } catch (error) {
      // The next call tries again: the other process may be gone then, or the package installed.
      this.#engine = null
      throw toStoreError(error)
    }
  }

  #poll(): void {
    if (this.#engine) inBackground(this.#engine.then((engine) => engine.poll()))
  }
}

/** Callers from JavaScript hand in an environment variable that is not set. */
function checkPath(path: unknown): void {
  if (typeof path === 'string' && path !== '') return
  throw new MillraceError('store_failed', 'The SQLite store takes the path of a file, like .millrace/log.db.')
}

/**
 * For work nobody waits for: what it could not do now it does when it is next begun, and what is
 * wrong with the file hits the next call too.
 */
function inBackground(work: Promise<unknown>): void {
  work.catch(() => undefined)
}
