import { MillraceError } from '../../event/error.ts'
import { refusal } from '../refusal.ts'
import type {
  AcquireOptions, Acquired, Appended, CreateRun, Created, Lease, ListFilter, Loaded, NewSignal, OnWake, Page, RunId,
  RunRecord, Seal, Store, Write,
} from '../store.ts'
import { recordAt } from '../rules.ts'
import { checkTarget } from './clients.ts'
import type { NatsConnection } from './clients.ts'
import { Engine } from './engine.ts'
import { Names } from './names.ts'
import { Rooms } from './rooms.ts'
import { Wakes } from './wakes.ts'

export interface NatsOptions {
  /** What the names of all streams and subjects begin with. Stores with the same one share their runs. Default `mr`. */
  readonly prefix?: string
  /** On how many servers of a cluster the streams are kept, if the store makes them: 1, 3 or 5 (above 1: NATS 2.12 or later). Default 1. */
  readonly replicas?: number
  /** Is told what about the streams endangers runs. Default: `console.warn`. */
  readonly warn?: (message: string) => void
}

const PREFIX = /^[\w-]{1,40}$/
const LARGEST = 128 * 1024 * 1024

/**
 * A store in NATS JetStream, server 2.9 or later, for any number of processes. The first call connects, and
 * makes the streams where they are not there.
 *
 * @param target a URL (with the package `@nats-io/transport-node`), or a connection of that package. A
 *   connection stays its owner's to close. Both need the package `@nats-io/jetstream`.
 */
export function nats(target: string | NatsConnection, options: NatsOptions = {}): Store {
  checkTarget(target)
  return new NatsStore(target, options)
}

class NatsStore implements Store {
  readonly #target: string | NatsConnection
  readonly #names: Names
  readonly #options: NatsOptions
  readonly #wakes = new Wakes(async (run, onMessage, stands) => {
    const { engine } = await this.#open()
    return engine.subscribe(this.#names.wake(run), onMessage, stands)
  })
  #rooms: Promise<Rooms> | null = null
  #isClosed = false

  constructor(target: string | NatsConnection, options: NatsOptions) {
    const { prefix = 'mr' } = options
    if (!PREFIX.test(prefix)) throw new MillraceError('store_failed', 'A prefix is 1 to 40 letters, digits, `_` or `-`.')
    this.#target = target
    this.#names = new Names(prefix)
    this.#options = options
  }

  async create(run: RunId, options: CreateRun): Promise<Created> {
    checkSize(options.input.length + options.start.length)
    return (await this.#open()).creating.create(run, options)
  }

  async acquire(run: RunId, nonce: string, ttl: number, { revoke = false }: AcquireOptions = {}): Promise<Acquired | null> {
    return (await this.#open()).writing.acquire(run, nonce, ttl, revoke)
  }

  async append(run: RunId, lease: Lease, write: Write): Promise<Appended> {
    checkSize(write.bytes.length + (write.checkpoint?.length ?? 0))
    return (await this.#open()).writing.append(run, lease, write)
  }

  async read(run: RunId, after: number, maxBytes: number): Promise<Page> {
    return (await this.#open()).reading.read(run, after, maxBytes)
  }

  async find(run: RunId): Promise<RunRecord | null> {
    const { log, engine } = await this.#open()
    const found = await log.newest(run)
    return found && recordAt(found.state.record, found.state.policy, engine.now())
  }

  async load(run: RunId): Promise<Loaded> {
    return (await this.#open()).reading.load(run)
  }

  watch(run: RunId, onWake: OnWake): () => void {
    if (this.#isClosed) throw refusal('closed')
    return this.#wakes.add(run, onWake)
  }

  async signal(run: RunId, signal: NewSignal): Promise<RunRecord> {
    checkSize(signal.data.length)
    return (await this.#open()).signals.send(run, signal)
  }

  async touch(run: RunId, node: string, ttl: number): Promise<number> {
    return (await this.#open()).presence.touch(run, node, ttl)
  }

  async seal(run: RunId, seal: Seal): Promise<void> {
    checkSize(seal.segments.reduce((size, { bytes }) => size + bytes.length, seal.snapshot?.length ?? 0))
    return (await this.#open()).sealing.seal(run, seal)
  }

  async list(filter: ListFilter): Promise<readonly RunRecord[]> {
    return (await this.#open()).listing.list(filter)
  }

  async delete(run: RunId): Promise<void> {
    return (await this.#open()).creating.delete(run)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wakes.clear()
    // A server that could not be reached leaves nothing to close, and whoever asked has been told.
    const rooms = await this.#rooms?.catch(() => null)
    await rooms?.engine.close()
  }

  #open(): Promise<Rooms> {
    if (this.#isClosed) return Promise.reject(refusal('closed'))
    this.#rooms ??= this.#start()
    return this.#rooms
  }

  async #start(): Promise<Rooms> {
    try {
      const { replicas, warn = console.warn } = this.#options
      const engine = await Engine.open({ target: this.#target, names: this.#names, replicas, warn, reconnected: () => { void this.#reconnected() } })
      return new Rooms(engine, this.#names)
    } catch (error) {
      // The next call tries again: the server may be there then, or the package installed.
      this.#rooms = null
      throw error
    }
  }

  /** The server may hold less than it did, and messages may have been lost. */
  async #reconnected(): Promise<void> {
    const rooms = await this.#rooms
    rooms?.forget()
    this.#wakes.wakeAll()
  }
}

function checkSize(bytes: number): void {
  if (bytes <= LARGEST) return
  throw new MillraceError('too_large', `One write to NATS holds at most ${String(LARGEST / 1024 / 1024)} MiB; this one has ${String(bytes)} bytes.`)
}
