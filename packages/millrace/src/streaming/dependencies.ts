import type { Logger } from '../run/logger.ts'

/** What makes each dependency, for one request: what it makes is closed after that request. */
export type Providers<Dependencies> = {
  readonly [Name in keyof Dependencies]: (request: Request) => Dependencies[Name] | Promise<Dependencies[Name]>
}

/** What one request was given. */
export class Resolved<Dependencies> {
  readonly values: Dependencies
  readonly #close: () => Promise<void>

  constructor(values: Dependencies, close: () => Promise<void>) {
    this.values = values
    this.#close = close
  }

  /** Closes them, the last made first. Never fails: what does is logged. */
  close(): Promise<void> {
    return this.#close()
  }
}

/** One after another, in their order; where one fails, those made before it are closed. */
export async function resolve<Dependencies>(providers: Providers<Dependencies>, request: Request, logger: Logger): Promise<Resolved<Dependencies>> {
  const made: Partial<Dependencies> = {}
  const values: unknown[] = []
  const close = async (): Promise<void> => {
    for (const value of values.splice(0).reverse()) await closeOne(value, logger)
  }
  try {
    for (const name of Object.keys(providers) as (keyof Dependencies)[]) {
      const value = await providers[name](request)
      values.push(value)
      made[name] = value
    }
    return new Resolved(made as Dependencies, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function closeOne(value: unknown, logger: Logger): Promise<void> {
  if (typeof value !== 'object' || value === null) return
  const closable = value as { [Symbol.asyncDispose]?: () => unknown; [Symbol.dispose]?: () => unknown; close?: () => unknown }
  try {
    await (closable[Symbol.asyncDispose] ?? closable[Symbol.dispose] ?? closable.close)?.call(value)
  } catch (error) {
    logger.error('A dependency failed to close.', { error })
  }
}
