import type { Logger } from '../../run/logger.ts'
import type { StreamEnding, StreamObserver } from '../stream/observer.ts'
import type { FeedMoves, ItemFeed } from './contract.ts'

/**
 * Moves an item as a stream without a log goes on: each value counts one, and its end is the item's.
 * The stream waits for none of it: what piles up while the log takes one step is the next step.
 */
export class StreamFeed implements StreamObserver {
  readonly #moves: FeedMoves
  readonly #logger: Logger
  #queue: Promise<string>
  #count = 0
  #started = false

  constructor(moves: FeedMoves, { parent, ...item }: ItemFeed, logger: Logger) {
    this.#moves = moves
    this.#logger = logger
    this.#queue = moves.addItem(parent, item)
    this.#queue.catch((error: unknown) => logger.warn('The progress of a stream is not told.', { error }))
  }

  started(): void {
    this.#started = true
    this.#then((item) => this.#moves.startItem(item))
  }

  item(): void {
    this.#count += 1
    if (this.#count === 1) this.#then((item) => this.#report(item))
  }

  ended({ status }: StreamEnding): void {
    // What failed before anybody read it has begun, too.
    if (status === 'failed' && !this.#started) this.started()
    const end = ({ completed: 'completeItem', failed: 'failItem', cancelled: 'cancelItem' } as const)[status]
    this.#then((item) => this.#moves[end](item))
  }

  #report(item: string): Promise<void> {
    const by = this.#count
    this.#count = 0
    return this.#moves.increment(item, by)
  }

  /** One after another. Progress that cannot be told is no reason to cut the stream that it is of. */
  #then(move: (item: string) => Promise<void>): void {
    this.#queue = this.#queue.then(async (item) => {
      try {
        await move(item)
      } catch (error) {
        this.#logger.warn('The progress of a stream could not be told.', { item, error })
      }
      return item
    })
    // Said once, where it began.
    this.#queue.catch(() => undefined)
  }
}
