import type { RunId } from '../store.ts'
import { QUESTIONS, checkUp } from './checkup.ts'
import { guarded, poolFor, unguard } from './clients.ts'
import type { PgPool } from './clients.ts'
import { isUnexplained } from './failure.ts'
import { lacksPassword, wantsPassword } from './password.ts'
import { patiently } from './patience.ts'
import { prepareSchema } from './migrate.ts'
import { accepted } from './reply.ts'
import { ask } from './statements.ts'
import type { Row } from './statements.ts'

interface EngineOptions {
  readonly target: string | PgPool
  readonly schema: string
  readonly migrate: boolean
  readonly warn: (message: string) => void
}

/** The server as the store uses it: one statement, which calls one function, for everything. */
export class Engine {
  readonly schema: string
  readonly #pool: PgPool
  readonly #isOwn: boolean

  private constructor(pool: PgPool, schema: string, isOwn: boolean) {
    this.#pool = pool
    this.schema = schema
    this.#isOwn = isOwn
  }

  static async open({ target, schema, migrate, warn }: EngineOptions): Promise<Engine> {
    const isOwn = typeof target === 'string'
    const pool = isOwn ? await poolFor(target) : guarded(target)
    const engine = new Engine(pool, schema, isOwn)
    try {
      const [answers = []] = await ask(pool, `SELECT ${QUESTIONS.join(', ')}`)
      checkUp(answers, warn)
      await prepareSchema(pool, schema, migrate)
      return engine
    } catch (error) {
      await engine.close()
      throw isUnexplained(error) && (await lacksPassword(target)) ? wantsPassword(error) : error
    }
  }

  /** Calls a function with a run and more. @throws MillraceError also where it refuses */
  async call(name: string, run: RunId, args: readonly unknown[] = []): Promise<unknown> {
    const [row] = await this.ask(`SELECT ${this.schema}.${name}(${placesOf(args.length + 1)})`, [run, ...args])
    return accepted(row?.[0], run)
  }

  ask(text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    return ask(this.#pool, text, values)
  }

  /** A pool that was handed in stays its owner's. */
  async close(): Promise<void> {
    // A connection that is half open does not end: it is not waited for.
    if (this.#isOwn) await patiently(this.#pool.end()).catch(() => undefined)
    else unguard(this.#pool)
  }
}

function placesOf(count: number): string {
  return Array.from({ length: count }, (_, i) => `$${String(i + 1)}`).join(', ')
}
