import type { ConsumerInfo, JetStream, JetStreamManager, Stored } from './clients.ts'

/** In ns: a reader that says nothing more is forgotten by the server after so long. */
const FORGOTTEN_AFTER = 10_000_000_000

interface ScanOptions {
  readonly stream: string
  readonly filter: string
  /** A sequence, or the time from which on. */
  readonly start: number | Date
  readonly patience: number
}

/** A pass over a stream in its order: one question for how many messages there are, and one for many of them. */
export class Scan {
  readonly #manager: JetStreamManager
  readonly #js: JetStream
  readonly #options: ScanOptions
  readonly #consumer: ConsumerInfo

  private constructor(manager: JetStreamManager, js: JetStream, options: ScanOptions, consumer: ConsumerInfo) {
    this.#manager = manager
    this.#js = js
    this.#options = options
    this.#consumer = consumer
  }

  static async open(manager: JetStreamManager, js: JetStream, options: ScanOptions): Promise<Scan> {
    const { stream, filter, start } = options
    const from = typeof start === 'number'
      ? { deliver_policy: 'by_start_sequence' as const, opt_start_seq: start }
      : { deliver_policy: 'by_start_time' as const, opt_start_time: start.toISOString() }
    const consumer = await manager.consumers.add(stream, {
      ...from, ack_policy: 'none', filter_subject: filter, mem_storage: true, num_replicas: 1, inactive_threshold: FORGOTTEN_AFTER,
    })
    return new Scan(manager, js, options, consumer)
  }

  /** From which sequence it goes. */
  get from(): number {
    return this.#consumer.delivered.stream_seq + 1
  }

  /** How many messages there were when it began. */
  get count(): number {
    return this.#consumer.num_pending
  }

  /** The next ones, at most `most`; fewer where there are no more. */
  async* take(most: number): AsyncGenerator<Stored> {
    const messages = await this.#js.consumers.getConsumerFromInfo(this.#consumer).fetch({ max_messages: most, expires: this.#options.patience })
    for await (const { subject, seq, data, info } of messages) {
      yield { subject, seq, data, timestamp: new Date(Math.floor(info.timestampNanos / 1_000_000)).toISOString() }
    }
  }

  /** Need not be waited for: the server does it by itself a little later. */
  close(): void {
    this.#manager.consumers.delete(this.#options.stream, this.#consumer.name).catch(() => undefined)
  }
}
