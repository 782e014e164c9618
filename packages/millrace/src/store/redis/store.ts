import { epochOf } from '../../event/cursor.ts'
import { MillraceError } from '../../event/error.ts'
import { batchOf } from '../batch-of.ts'
import { refusal } from '../refusal.ts'
import { creatorLease } from '../rules.ts'
import type {
  AcquireOptions, Acquired, Appended, CreateRun, Created, Lease, ListFilter, Loaded, NewSignal, OnWake, Page, RunId,
  RunRecord, Seal, Store, Write,
} from '../store.ts'
import { checkTarget } from './clients.ts'
import type { RedisClient } from './clients.ts'
import { Engine } from './engine.ts'
import { corrupt } from './failure.ts'
import { Keys } from './keys.ts'
import { listRuns } from './listing.ts'
import { aliveOf, consumedOf, listOf, signalsOf, textOf, toldOf } from './reply.ts'
import type { Reply } from './reply.ts'
import { decodeRow, encodeRow } from './row.ts'
import { Wakes } from './wakes.ts'

export interface RedisOptions {
  /** What the names of all keys and channels begin with. Stores with the same one share their runs. Default `mr`. */
  readonly prefix?: string
  /** Is told what about the server endangers runs. Default: `console.warn`. */
  readonly warn?: (message: string) => void
}

const PREFIX = /^[\w.-]{1,40}$/
/** Redis itself takes four times as much in one command; a write of a run has never a reason to. */
const LARGEST = 128 * 1024 * 1024

/**
 * A store in Redis or Valkey, version 7 or later, one server or a cluster, for any number of
 * processes. The first call connects.
 *
 * @param target a URL (with the package `redis`), or a client of the package `redis` or `ioredis`.
 *   A client stays its owner's to close; the store opens a copy of it for wake-ups.
 */
export function redis(target: string | RedisClient, options: RedisOptions = {}): Store {
  checkTarget(target)
  return new RedisStore(target, options)
}

class RedisStore implements Store {
  readonly #target: string | RedisClient
  readonly #keys: Keys
  readonly #warn: (message: string) => void
  readonly #wakes = new Wakes({
    subscribe: async (run) => (await this.#open()).subscribe(run),
    unsubscribe: async (run) => (await this.#open()).unsubscribe(run),
  })
  #engine: Promise<Engine> | null = null
  #isClosed = false

  constructor(target: string | RedisClient, { prefix = 'mr', warn = console.warn }: RedisOptions) {
    if (!PREFIX.test(prefix)) throw new MillraceError('store_failed', 'A prefix is 1 to 40 letters, digits, `_`, `-` or `.`.')
    this.#target = target
    this.#keys = new Keys(prefix)
    this.#warn = warn
  }

  async create(run: RunId, options: CreateRun): Promise<Created> {
    const { nonce, ttl, kind, principal, title, digest, input, policy, start } = options
    const reply = await this.#call('create', run, [
      nonce, String(ttl), kind, principal, title, digest, input, String(policy.retention), String(policy.tombstone),
      JSON.stringify([[1, epochOf(nonce)]]), encodeRow(batchOf(nonce, { after: 0, count: 1, bytes: start })),
    ])
    const [flag, told] = listOf(reply)
    const { record } = toldOf(run, told)
    if (record === null) throw corrupt(`run ${run} vanished while it was made`)
    const created = flag === 1
    return { created, record, lease: created ? creatorLease(options) : null }
  }

  async acquire(run: RunId, nonce: string, ttl: number, { revoke = false }: AcquireOptions = {}): Promise<Acquired | null> {
    const reply = await this.#call('acquire', run, [nonce, String(ttl), epochOf(nonce), revoke ? '1' : '0'])
    if (reply === null) return null
    const [fence, told, signals, waited] = listOf(reply)
    return {
      lease: { fence: Number(fence), nonce, ttl },
      record: aliveOf(run, told),
      signals: signalsOf(consumedOf(told), signals),
      waited: waited === 1,
    }
  }

  async append(run: RunId, lease: Lease, write: Write): Promise<Appended> {
    const { after, bytes, count, end = '', release = '', consumed = '', checkpoint = '', wait = '' } = write
    checkSize(bytes.length + checkpoint.length)
    const row = count === 0 ? '' : encodeRow(batchOf(lease.nonce, write))
    const args = [String(lease.fence), lease.nonce, String(lease.ttl), String(after), String(count), row]
    const more = [end, release, String(consumed), checkpoint, String(wait)]
    const reply = await this.#call('append', run, more.some((each) => each !== '') ? [...args, ...more] : args)
    if (typeof reply === 'number') return { tail: reply, signals: [] }
    const [tail, upTo, signals] = listOf(reply)
    return { tail: Number(tail), signals: signalsOf(Number(upTo), signals) }
  }

  async read(run: RunId, after: number, maxBytes: number): Promise<Page> {
    const [told, rows] = listOf(await this.#call('read', run, [String(after), String(maxBytes)]))
    const record = aliveOf(run, told)
    const batches = listOf(rows).map((row) => decodeRow(String(row)))
    let at = Math.min(after, batches[0]?.first === undefined ? after : batches[0].first - 1)
    for (const { first, last } of batches) {
      if (first > at + 1 || last > record.tail) throw corrupt(`the log of run ${run} has a gap`)
      at = last
    }
    return { batches, record }
  }

  async find(run: RunId): Promise<RunRecord | null> {
    return toldOf(run, await this.#call('find', run)).record
  }

  async load(run: RunId): Promise<Loaded> {
    const [told, texts] = listOf(await this.#call('load', run))
    const record = aliveOf(run, told)
    const [input, checkpoint, offset, snapshot] = listOf(texts).map(textOf)
    if (typeof input !== 'string') throw corrupt(`the input of run ${run} is missing`)
    return {
      record, input, snapshot: snapshot ?? null,
      checkpoint: typeof checkpoint === 'string' ? { offset: Number(offset), data: checkpoint } : null,
    }
  }

  watch(run: RunId, onWake: OnWake): () => void {
    if (this.#isClosed) throw refusal('closed')
    return this.#wakes.add(run, onWake)
  }

  async signal(run: RunId, { id, type, data }: NewSignal): Promise<RunRecord> {
    return aliveOf(run, await this.#call('signal', run, [id, JSON.stringify({ id, type, data })]))
  }

  async touch(run: RunId, node: string, ttl: number): Promise<number> {
    return Number(await this.#call('touch', run, [node, String(ttl)]))
  }

  async seal(run: RunId, { segments, snapshot }: Seal): Promise<void> {
    checkSize(segments.reduce((size, { bytes }) => size + bytes.length, snapshot?.length ?? 0))
    const first = segments.at(0)?.first ?? 1
    const isJoined = segments.every((segment, i) => segment.first === (segments[i - 1]?.last ?? first - 1) + 1)
    await this.#call('seal', run, [
      String(first), String(segments.at(-1)?.last ?? 0), isJoined ? '1' : '0',
      snapshot === null ? '0' : '1', snapshot ?? '',
      ...segments.flatMap((segment) => [String(segment.last), encodeRow(segment)]),
    ])
  }

  async list(filter: ListFilter): Promise<readonly RunRecord[]> {
    return listRuns(await this.#open(), this.#keys, filter)
  }

  async delete(run: RunId): Promise<void> {
    await this.#call('remove', run)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wakes.clear()
    // A server that could not be reached leaves nothing to close, and whoever asked has been told.
    const engine = await this.#engine?.catch(() => null)
    await engine?.close()
  }

  async #call(...[name, run, args]: Parameters<Engine['call']>): Promise<Reply> {
    const engine = await this.#open()
    return engine.call(name, run, args)
  }

  #open(): Promise<Engine> {
    if (this.#isClosed) return Promise.reject(refusal('closed'))
    this.#engine ??= this.#start()
    return this.#engine
  }

  async #start(): Promise<Engine> {
    try {
      return await Engine.open({
        target: this.#target,
        keys: this.#keys,
        warn: this.#warn,
        events: {
          message: (channel, row) => this.#wakes.wake(this.#keys.runOf(channel), row),
          reconnected: () => this.#wakes.wakeAll(),
        },
      })
    } catch (error) {
      // The next call tries again: the server may be there then, or the package installed.
      this.#engine = null
      throw error
    }
  }
}

function checkSize(bytes: number): void {
  if (bytes <= LARGEST) return
  throw new MillraceError('too_large', `One write to Redis holds at most ${LARGEST / 1024 / 1024} MiB; this one has ${bytes} bytes.`)
}
