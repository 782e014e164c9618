import type { ConsumerInfo, Delivered, JetStreamManager, NatsConnection, Stored } from './clients.ts'
import { corrupt, toStoreError, unreachable } from './failure.ts'
import type { Gate } from './gate.ts'

/** In ns: a reader that says nothing more is forgotten by the server after so long. */
const FORGOTTEN_AFTER = 10_000_000_000
const NS_PER_MS = 1_000_000

/** What is scanned, and whether it can be reached. */
interface Server {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly gate: Gate
}

interface ScanOptions {
  readonly stream: string
  readonly filter: string
  /** A sequence, or the time from which on. */
  readonly start: number | Date
  /** In ms. */
  readonly patience: number
}

/** A pass over a stream in its order: one question for how many messages there are, and one for many of them. */
export class Scan {
  readonly #connection: NatsConnection
  readonly #manager: JetStreamManager
  readonly #gate: Gate
  readonly #options: ScanOptions
  readonly #consumer: ConsumerInfo

  private constructor({ connection, manager, gate }: Server, options: ScanOptions, consumer: ConsumerInfo) {
    this.#connection = connection
    this.#manager = manager
    this.#gate = gate
    this.#options = options
    this.#consumer = consumer
  }

  static async open(server: Server, options: ScanOptions): Promise<Scan> {
    const { stream, filter, start } = options
    const from = typeof start === 'number'
      ? { deliver_policy: 'by_start_sequence' as const, opt_start_seq: start }
      : { deliver_policy: 'by_start_time' as const, opt_start_time: start.toISOString() }
    const consumer = await server.gate.ask(() => server.manager.consumers.add(stream, {
      ...from, ack_policy: 'none', filter_subject: filter, mem_storage: true, num_replicas: 1, inactive_threshold: FORGOTTEN_AFTER,
    }))
    return new Scan(server, options, consumer)
  }

  /** From which sequence it goes. */
  get from(): number {
    return this.#consumer.delivered.stream_seq + 1
  }

  /** How many messages there were when it began. */
  get count(): number {
    return this.#consumer.num_pending
  }

  /**
   * The next ones, at most `most`; fewer where they were removed meanwhile. Asked for in the protocol itself: the
   * package's own way leaves rejections that nobody can catch when the server goes.
   */
  async* take(most: number): AsyncGenerator<Stored> {
    let left = most
    try {
      const messages = await this.#ask(most)
      try {
        while (left > 0) {
          const { value: message } = await this.#gate.ask(() => messages.next())
          if (message === undefined) throw unreachable()
          // A status: there are no more.
          if ((message.headers?.code ?? 0) !== 0) return
          yield storedOf(message)
          left--
        }
      } finally {
        // Not waited for: it ends only when the time of the question is over.
        void messages.return?.()
      }
    } catch (error) {
      throw toStoreError(error)
    }
  }

  async #ask(most: number): Promise<AsyncIterator<Delivered, undefined>> {
    const { stream, patience } = this.#options
    const request = JSON.stringify({ batch: most, no_wait: true })
    const messages = await this.#connection.requestMany(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer.name}`, request, {
      strategy: 'count', maxMessages: most, maxWait: patience, noMux: true,
    })
    return messages[Symbol.asyncIterator]()
  }

  /** Need not be waited for: the server does it by itself a little later. */
  close(): void {
    this.#manager.consumers.delete(this.#options.stream, this.#consumer.name).catch(() => undefined)
  }
}

/** Where it lies, and since when, the server says in the subject for its acknowledgement; behind a domain that has two parts more. */
function storedOf({ subject, data, reply = '' }: Delivered): Stored {
  const parts = reply.split('.')
  const at = parts.length > 9 ? 7 : 5
  const [seq, time] = [Number(parts[at]), Number(parts[at + 2])]
  if (Number.isNaN(seq + time)) throw corrupt('the server delivers a message without its place')
  return { subject, data, seq, timestamp: new Date(Math.floor(time / NS_PER_MS)).toISOString() }
}
