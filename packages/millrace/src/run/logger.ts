import { MillraceError } from '../event/error.ts'

/** Where details go that no reader may see (P11). `console` fits. */
export interface Logger {
  error(message: string, details: Readonly<Record<string, unknown>>): void
  warn(message: string, details: Readonly<Record<string, unknown>>): void
  /** What is no fault of anybody here, as a WebSocket where there is none. */
  debug?(message: string, details: Readonly<Record<string, unknown>>): void
}

/**
 * The console, to which what this library refuses or lacks is one line: it says by itself what to do. An error of anybody else comes
 * whole, with its stack.
 */
export const plainly: Logger = {
  error: (message, details) => { console.error(...wordsOf(message, details)) },
  warn: (message, details) => { console.warn(...wordsOf(message, details)) },
}

function wordsOf(message: string, details: Readonly<Record<string, unknown>>): unknown[] {
  const { error, run } = details
  if (!(error instanceof MillraceError)) return [message, details]
  const said = `${message} ${error.message}`
  // Many messages name the run themselves.
  return [typeof run !== 'string' || said.includes(run) ? said : `${said} Run: ${run}`]
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
