import { MillraceError } from '../event/error.ts'

/** Where details go that no reader may see (P11). `console` fits. */
export interface Logger {
  error(message: string, details: Readonly<Record<string, unknown>>): void
  warn(message: string, details: Readonly<Record<string, unknown>>): void
  /** What is no fault of anybody here, as a WebSocket where there is none. */
  debug?(message: string, details: Readonly<Record<string, unknown>>): void
}

/** What is tried again and again: each trouble is warned of when it begins, and not each time it goes on. */
export class Trouble {
  readonly #logger: Logger
  readonly #message: string
  #code: string | null = null

  constructor(logger: Logger, message: string) {
    this.#logger = logger
    this.#message = message
  }

  over(): void {
    this.#code = null
  }

  met(error: unknown): void {
    const code = error instanceof MillraceError ? error.code : 'internal'
    if (code !== this.#code) this.#logger.warn(this.#message, { error })
    this.#code = code
  }
}
