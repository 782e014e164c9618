import { epochOf } from '../../event/cursor.ts'
import { MillraceError } from '../../event/error.ts'
import { batchOf } from '../batch-of.ts'
import { refusal } from '../refusal.ts'
import { creatorLease } from '../rules.ts'
import type {
  AcquireOptions, Acquired, Appended, CreateRun, Created, Lease, ListFilter, Loaded, NewSignal, OnWake, Page, RunId,
  RunRecord, Seal, Signal, Store, Write,
} from '../store.ts'
import { Clearing, ROWS_AT_ONCE, RUNS_AT_ONCE } from './clearing.ts'
import { checkTarget, checkUrl, clientFor } from './clients.ts'
import type { PgPool } from './clients.ts'
import { Engine } from './engine.ts'
import { corrupt, toStoreError } from './failure.ts'
import { listStatement } from './listing.ts'
import { checkName } from './migrate.ts'
import { pack } from './packing.ts'
import { aliveOf, recordOf, signalsOf } from './reply.ts'
import type { Told } from './reply.ts'
import { pageOf } from './page.ts'
import { toText } from './text.ts'
import { Wakes } from './wakes.ts'

export interface PostgresOptions {
  /** Where all tables and functions are. Stores with the same one share their runs. Default `millrace`. */
  readonly schema?: string
  /**
   * Where to listen for wake-ups: a URL that leads to Postgres itself where the store's own leads to a
   * pooler in transaction mode. `false`: readers find what other processes write by polling alone.
   * Default: where the store's data is.
   */
  readonly listen?: string | false
  /** `false`: the schema is looked at, not changed; see `migratePostgres`. Default: true. */
  readonly migrate?: boolean
  /** Is told what about the server endangers runs. Default: `console.warn`. */
  readonly warn?: (message: string) => void
}

/** Postgres itself takes eight times as much in one value; a write of a run has never a reason to. */
const LARGEST = 128 * 1024 * 1024

/**
 * A store in Postgres, version 14 or later, for any number of processes, also through PgBouncer. The
 * first call connects, and makes or updates the schema.
 *
 * @param target a URL, or a `Pool` of the package `pg`, which stays its owner's to end
 */
export function postgres(target: string | PgPool, options: PostgresOptions = {}): Store {
  checkTarget(target)
  if (typeof options.listen === 'string') checkUrl(options.listen)
  checkName(options.schema ?? DEFAULT_SCHEMA)
  return new PostgresStore(target, options)
}

const DEFAULT_SCHEMA = 'millrace'

class PostgresStore implements Store {
  readonly #open: () => Promise<Engine>
  readonly #wakes: Wakes
  readonly #clearing: Clearing
  #engine: Promise<Engine> | null = null
  #isClosed = false

  constructor(target: string | PgPool, options: PostgresOptions) {
    const { schema = DEFAULT_SCHEMA, listen = target, migrate = true, warn = console.warn } = options
    this.#open = () => {
      if (this.#isClosed) return Promise.reject(refusal('closed'))
      // The next call tries again: the server may be there then, or the package installed.
      this.#engine ??= Engine.open({ target, schema, migrate, warn }).catch((error: unknown) => {
        this.#engine = null
        throw error
      })
      return this.#engine
    }
    const channel = `millrace_${schema}`
    this.#wakes = new Wakes({
      channel,
      connect: listen === false ? null : () => clientFor(listen),
      notify: async (payloads) => {
        // What was written before the store was closed is told still.
        const engine = await (this.#engine ?? this.#open())
        return engine.ask('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [channel, payloads])
      },
      onFailure: (error) => { warn(`Postgres wakes no readers at present, so they poll: ${toStoreError(error).message}`) },
    })
    this.#clearing = new Clearing(async () => {
      const [row] = await (await this.#open()).ask(`SELECT ${schema}.clear_slice($1, $2)`, [RUNS_AT_ONCE, ROWS_AT_ONCE])
      return row?.[0] === 'true'
    })
  }

  async create(run: RunId, options: CreateRun): Promise<Created> {
    const { nonce, ttl, kind, principal, title, digest, input, policy, start } = options
    const epoch = epochOf(nonce)
    const names = [kind, principal, title, digest].map(toText)
    const { created, told } = await this.#call('create_run', run, [
      nonce, ttl, epoch, ...names, input, policy.retention, policy.tombstone, start,
    ]) as { created: boolean; told: Told }
    const record = recordOf(told)
    if (record === null) throw corrupt(`run ${run} vanished while it was made`)
    if (created) this.#wakes.changed(run, batchOf(nonce, { after: 0, count: 1, bytes: start }))
    this.#clearing.look(false)
    return { created, record, lease: created ? creatorLease(options) : null }
  }

  async acquire(run: RunId, nonce: string, ttl: number, { revoke = false }: AcquireOptions = {}): Promise<Acquired | null> {
    type Answer = { fence: number; told: Told; signals: Signal[]; waited: boolean } | null
    const answer = await this.#call('acquire_run', run, [nonce, ttl, epochOf(nonce), revoke]) as Answer
    if (answer === null) return null
    const { fence, told, signals, waited } = answer
    this.#wakes.changed(run, null)
    return { lease: { fence, nonce, ttl }, record: aliveOf(run, told), signals: signalsOf(signals), waited }
  }

  async append(run: RunId, lease: Lease, write: Write): Promise<Appended> {
    const { after, bytes, parts = null, count, checkpoint = null, consumed = null, end = null, release = null, wait = null } = write
    checkSize(bytes.length + (checkpoint?.length ?? 0))
    const epoch = epochOf(lease.nonce)
    const answer = await this.#call('append_run', run, [
      lease.fence, lease.nonce, lease.ttl, epoch, after, count, bytes, parts, end, release, consumed, checkpoint, wait,
    ]) as number | Appended
    if (count > 0) this.#wakes.changed(run, batchOf(lease.nonce, write))
    else if (end !== null || release !== null) this.#wakes.changed(run, null)
    return typeof answer === 'number' ? { tail: answer, signals: [] } : { tail: answer.tail, signals: signalsOf(answer.signals) }
  }

  async read(run: RunId, after: number, maxBytes: number): Promise<Page> {
    const engine = await this.#open()
    const rows = await engine.ask(`SELECT * FROM ${engine.schema}.read_run($1, $2, $3)`, [run, after, maxBytes])
    return pageOf(run, after, rows)
  }

  async find(run: RunId): Promise<RunRecord | null> {
    return recordOf(await this.#call('find_run', run) as Told)
  }

  async load(run: RunId): Promise<Loaded> {
    type Texts = Readonly<Partial<Record<'input' | 'checkpoint' | 'snapshot', readonly [at: number, text: string]>>>
    const { told, texts } = await this.#call('load_run', run) as { told: Told; texts: Texts }
    const record = aliveOf(run, told)
    const { input, checkpoint, snapshot } = texts
    if (input === undefined) throw corrupt(`the input of run ${run} is missing`)
    return {
      record, input: input[1], snapshot: snapshot?.[1] ?? null,
      checkpoint: checkpoint === undefined ? null : { offset: checkpoint[0], data: checkpoint[1] },
    }
  }

  watch(run: RunId, onWake: OnWake): () => void {
    if (this.#isClosed) throw refusal('closed')
    return this.#wakes.add(run, onWake)
  }

  async signal(run: RunId, { id, type, data }: NewSignal): Promise<RunRecord> {
    const told = await this.#call('signal_run', run, [toText(id), toText(type), data]) as Told
    this.#wakes.changed(run, null)
    return aliveOf(run, told)
  }

  async touch(run: RunId, node: string, ttl: number): Promise<number> {
    return await this.#call('touch_run', run, [toText(node), ttl]) as number
  }

  async seal(run: RunId, { segments, snapshot }: Seal): Promise<void> {
    const { segments: places, data } = pack(segments)
    checkSize(data.length + (snapshot?.length ?? 0))
    const first = segments.at(0)?.first ?? 1
    const isJoined = segments.every((segment, i) => segment.first === (segments[i - 1]?.last ?? first - 1) + 1)
    await this.#call('seal_run', run, [first, segments.at(-1)?.last ?? 0, isJoined, places, data, snapshot])
  }

  async list(filter: ListFilter): Promise<readonly RunRecord[]> {
    const engine = await this.#open()
    const rows = await engine.ask(...listStatement(engine.schema, filter))
    return rows.map(([told]) => recordOf(JSON.parse(String(told)) as Told)).filter((record) => record !== null)
  }

  async delete(run: RunId): Promise<void> {
    await this.#call('remove_run', run)
    this.#wakes.changed(run, null)
    this.#clearing.look(true)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all([this.#wakes.close(), this.#clearing.settled()])
    // A server that could not be reached leaves nothing to close, and whoever asked has been told.
    const engine = await this.#engine?.catch(() => null)
    await engine?.close()
  }

  async #call(...[name, run, args]: Parameters<Engine['call']>): Promise<unknown> {
    const engine = await this.#open()
    return engine.call(name, run, args)
  }
}

function checkSize(bytes: number): void {
  if (bytes <= LARGEST) return
  throw new MillraceError('too_large', `One write to Postgres holds at most ${String(LARGEST / 1024 / 1024)} MiB; this one has ${String(bytes)} bytes.`)
}
