import type { PgClient } from './clients.ts'
import { PATIENCE, patiently } from './patience.ts'
import { statement } from './statements.ts'

/** After so many ms a connection that was lost is tried again. */
const RETRY = 500
/** A connection that says nothing for long is asked whether it is there, in ms: one that is half open looks just like it. */
const SILENCE = 15_000

interface ListenerOptions {
  readonly connect: () => Promise<PgClient>
  readonly channel: string
  readonly onNotice: (payload: string) => void
  /** It stands, or stands again: what happened before was not heard. */
  readonly onStanding: () => void
  /** Why it does not; said once until it stands again. */
  readonly onFailure: (error: unknown) => void
}

/** One connection that listens, whatever the number of runs, made again whenever it is lost. */
export class Listener {
  readonly #options: ListenerOptions
  #client: PgClient | null = null
  #isClosed = false
  #isTold = false
  #wakeUp: () => void = () => undefined

  constructor(options: ListenerOptions) {
    this.#options = options
    void this.#run()
  }

  close(): void {
    this.#isClosed = true
    this.#wakeUp()
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#listen()
      } catch (error) {
        this.#complain(error)
      }
      // What is being closed may never answer that it is.
      this.#client?.end().catch(() => undefined)
      this.#client = null
      await this.#pause(RETRY)
    }
  }

  /** Ends when the connection is lost, or the listener closed. */
  async #listen(): Promise<void> {
    const client = await this.#options.connect()
    this.#client = client
    let isLost = false
    const lose = (): void => {
      isLost = true
      this.#wakeUp()
    }
    client.on('error', lose)
    client.on('end', lose)
    client.on('notification', ({ payload = '' }) => { this.#options.onNotice(payload) })
    await patiently(client.connect(), PATIENCE + RETRY)
    await patiently(client.query(statement(`LISTEN ${this.#options.channel}`)))
    this.#isTold = false
    this.#options.onStanding()
    while (!this.#hasEnded(isLost)) {
      await this.#pause(SILENCE)
      if (!this.#hasEnded(isLost)) await patiently(client.query(statement('SELECT 1')))
    }
  }

  #complain(error: unknown): void {
    if (!this.#isClosed && !this.#isTold) this.#options.onFailure(error)
    this.#isTold = true
  }

  #hasEnded(isLost: boolean): boolean {
    return isLost || this.#isClosed
  }

  /** Until somebody has a reason to go on. */
  async #pause(ms: number): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
