import type { RunId } from '../store.ts'

/** A payload of Postgres holds less than 8,000 bytes, a run's name 45. */
const RUNS_AT_ONCE = 150

/**
 * Tells other processes which runs have changed. Not in the transaction that changed them: those that
 * notify commit one after another in the whole server. One statement is on its way at a time, and
 * takes along whatever has changed meanwhile.
 */
export class Notices {
  readonly #send: (payloads: readonly string[]) => Promise<unknown>
  readonly #changed = new Set<RunId>()
  #sending: Promise<void> | null = null

  constructor(send: (payloads: readonly string[]) => Promise<unknown>) {
    this.#send = send
  }

  tell(run: RunId): void {
    this.#changed.add(run)
    this.#sending ??= this.#sendAll()
  }

  /** When all is told, or could not be. */
  async settled(): Promise<void> {
    await this.#sending
  }

  async #sendAll(): Promise<void> {
    // What else commits in this turn goes along.
    await Promise.resolve()
    while (this.#changed.size > 0) {
      const runs = [...this.#changed]
      this.#changed.clear()
      // What is lost costs latency alone: whoever watches also polls slowly.
      await this.#send(payloadsOf(runs)).catch(() => undefined)
    }
    this.#sending = null
  }
}

function payloadsOf(runs: readonly RunId[]): string[] {
  const payloads: string[] = []
  for (let i = 0; i < runs.length; i += RUNS_AT_ONCE) payloads.push(runs.slice(i, i + RUNS_AT_ONCE).join(' '))
  return payloads
}
