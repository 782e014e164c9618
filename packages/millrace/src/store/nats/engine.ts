import { hasCode } from '../../event/error.ts'
import { connectTo, jetStreamPackage } from './clients.ts'
import type { Delivered, JetStream, JetStreamManager, NatsConnection, Stored } from './clients.ts'
import { checkReplicas, checkUp } from './checkup.ts'
import { Clock } from './clock.ts'
import { isOvertaken, toStoreError } from './failure.ts'
import { Gate } from './gate.ts'
import type { Names } from './names.ts'
import { Scan } from './scan.ts'
import { ensureStreams } from './streams.ts'

/** For how long anything waits for its answer, in ms, before it fails with `store_busy`. */
const PATIENCE = 3_000
const PAUSE = 50
/** In ms: so old the knowledge of the server's clock may be. */
const CLOCK_AGE = 60_000

export interface EngineOptions {
  readonly target: string | NatsConnection
  readonly names: Names
  readonly replicas: number | undefined
  readonly warn: (message: string) => void
  /** Messages may have been lost, and the server may hold less than it did. */
  readonly reconnected: () => void
}

/** What an engine works with, once the server is known to do. */
interface Opened {
  readonly connection: NatsConnection
  readonly gate: Gate
  readonly js: JetStream
  readonly manager: JetStreamManager
  readonly isDirect: boolean
}

/** JetStream as the store uses it. */
export class Engine {
  readonly clock: Clock = new Clock()
  /** The largest message the server takes. */
  readonly largest: number
  readonly #connection: NatsConnection
  readonly #isOwn: boolean
  readonly #names: Names
  readonly #js: JetStream
  readonly #manager: JetStreamManager
  readonly #gate: Gate
  readonly #gets: JetStreamManager['direct']
  readonly #warn: EngineOptions['warn']
  #hasComplained = false

  private constructor(options: EngineOptions, { connection, gate, js, manager, isDirect }: Opened) {
    this.largest = connection.info?.max_payload ?? 1024 * 1024
    this.#connection = connection
    this.#isOwn = typeof options.target === 'string'
    this.#names = options.names
    this.#warn = options.warn
    this.#js = js
    this.#manager = manager
    this.#gate = gate
    this.#gets = isDirect ? manager.direct : manager.streams
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const { target, names, replicas, warn } = options
    const jetstreams = await jetStreamPackage()
    const connection = typeof target === 'string' ? await connectTo(target).catch(failed) : target
    const gate = new Gate(connection, PATIENCE, options.reconnected)
    try {
      const manager = await jetstreams.jetstreamManager(connection, { timeout: PATIENCE, checkAPI: false })
      await gate.ask(() => checkUp(connection, manager))
      checkReplicas(connection, replicas ?? 1)
      const streams = await gate.ask(() => ensureStreams(manager, names, replicas, warn))
      checkReplicas(connection, streams.replicas)
      // A replica that lags would answer as well: then only who leads is asked.
      const isDirect = streams.isDirect && streams.replicas === 1
      const engine = new Engine(options, { connection, gate, js: jetstreams.jetstream(connection, { timeout: PATIENCE }), manager, isDirect })
      await engine.#answers()
      return engine
    } catch (error) {
      gate.close()
      if (typeof target === 'string') await connection.close()
      throw toStoreError(error)
    }
  }

  now(): number {
    if (this.clock.isOlderThan(CLOCK_AGE)) this.#lookAtClock().catch(ignore)
    return this.clock.now()
  }

  /**
   * @param expected the sequence of the last message there may be on this subject; 0: none
   * @returns the sequence of the message, or `null` where another one was the last
   */
  async publish(subject: string, data: Uint8Array, expected?: number): Promise<number | null> {
    try {
      const options = expected === undefined ? {} : { expect: { lastSubjectSequence: expected } }
      return (await this.#gate.ask(() => this.#js.publish(subject, data, options))).seq
    } catch (error) {
      if (isOvertaken(error)) return null
      throw toStoreError(error)
    }
  }

  last(stream: string, subject: string): Promise<Stored | null> {
    return this.#get(stream, { last_by_subj: subject })
  }

  /** The first message of a subject from a sequence on. */
  next(stream: string, subject: string, from: number): Promise<Stored | null> {
    return this.#get(stream, { next_by_subj: subject, seq: from })
  }

  at(stream: string, seq: number): Promise<Stored | null> {
    return this.#get(stream, { seq })
  }

  /** Removes what a subject holds, or what it holds before a sequence. */
  async purge(stream: string, subject: string, before?: number): Promise<void> {
    await this.#tell(() => this.#manager.streams.purge(stream, before === undefined ? { filter: subject } : { filter: subject, seq: before }))
  }

  /** From which sequence to which a stream goes. */
  async boundsOf(stream: string): Promise<{ readonly first: number; readonly last: number }> {
    const { state } = await this.#tell(() => this.#manager.streams.info(stream))
    return { first: state.first_seq, last: state.last_seq }
  }

  scan(stream: string, filter: string, start: number | Date): Promise<Scan> {
    const server = { connection: this.#connection, manager: this.#manager, gate: this.#gate }
    return Scan.open(server, { stream, filter, start, patience: PATIENCE }).catch(failed)
  }

  /** @param stands told once the server will send what comes */
  subscribe(subject: string, onMessage: (data: Uint8Array) => void, stands: () => void): () => void {
    const callback = (error: Error | null, message: Delivered): void => {
      if (error === null) onMessage(message.data)
      else this.#complain(error)
    }
    const subscription = this.#connection.subscribe(subject, { callback })
    this.#connection.flush().then(stands, ignore)
    return () => { if (!this.#connection.isClosed()) subscription.unsubscribe() }
  }

  async close(): Promise<void> {
    this.#gate.close()
    if (this.#isOwn) await this.#connection.close()
  }

  /** Once: it is the same for every run. */
  #complain(error: Error): void {
    if (!this.#hasComplained) this.#warn(`Readers hear of what is new only when they look by themselves. ${toStoreError(error).message}`)
    this.#hasComplained = true
  }

  async #get(stream: string, query: Parameters<JetStreamManager['direct']['getMessage']>[1]): Promise<Stored | null> {
    const found = await this.#tell(() => this.#gets.getMessage(stream, query))
    if (found) this.clock.heard(Date.parse(found.timestamp))
    return found
  }

  /** On a cluster, streams that were only just made answer a moment later. */
  async #answers(): Promise<void> {
    for (const begun = performance.now(); ; ) {
      try {
        await this.#lookAtClock()
        await this.last(this.#names.logs, this.#names.clock)
        return
      } catch (error) {
        if (!hasCode(error, 'store_busy') || performance.now() - begun > PATIENCE) throw error
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
  }

  async #lookAtClock(): Promise<void> {
    const sent = performance.now()
    await this.publish(this.#names.clock, new Uint8Array())
    const received = performance.now()
    const found = await this.last(this.#names.places, this.#names.clock)
    if (found) this.clock.learn(Date.parse(found.timestamp), sent, received)
  }

  async #tell<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await this.#gate.ask(question)
    } catch (error) {
      throw toStoreError(error)
    }
  }
}

function failed(error: unknown): never {
  throw toStoreError(error)
}

function ignore(): void {
  // Whoever asks next is told why.
}
