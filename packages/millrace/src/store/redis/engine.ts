import type { RunId } from '../store.ts'
import { checkUp } from './checkup.ts'
import { openLink } from './clients.ts'
import type { RedisClient } from './clients.ts'
import { codeOf, toStoreError, unreachable } from './failure.ts'
import type { Keys } from './keys.ts'
import type { Link, LinkEvents } from './link.ts'
import { Patience } from './patience.ts'
import { accepted } from './reply.ts'
import type { Reply } from './reply.ts'
import { compileScripts } from './scripts/scripts.ts'
import type { ScriptName, Scripts } from './scripts/scripts.ts'

interface EngineOptions {
  readonly target: string | RedisClient
  readonly keys: Keys
  readonly warn: (message: string) => void
  readonly events: Pick<LinkEvents, 'message' | 'reconnected'>
}

/** The server as the store uses it: scripts run whole, one command each. */
export class Engine {
  readonly #link: Link
  readonly #keys: Keys
  readonly #scripts: Scripts
  readonly #patience: Patience

  private constructor(link: Link, keys: Keys, scripts: Scripts, patience: Patience) {
    this.#link = link
    this.#keys = keys
    this.#scripts = scripts
    this.#patience = patience
  }

  static async open({ target, keys, warn, events }: EngineOptions): Promise<Engine> {
    const patience = new Patience(() => link.renew())
    const link = await openLink(target, { ...events, failed: (error) => patience.complain(error) })
    try {
      await patience.within(link.connect())
      const engine = new Engine(link, keys, await compileScripts(link.isCluster), patience)
      const ask = (): Promise<Reply> => engine.#send(keys.buckets[0] ?? '', ['INFO'])
      await checkUp(link.isCluster, ask, warn)
      return engine
    } catch (error) {
      await link.close()
      throw toStoreError(error)
    }
  }

  /** Runs a script on a run's record. @throws MillraceError also where it refuses */
  async call(name: ScriptName, run: RunId, args: readonly string[] = []): Promise<Reply> {
    return accepted(await this.evaluate(name, this.#keys.record(run), args), run)
  }

  /** The script travels only where the server does not know it yet. */
  async evaluate(name: ScriptName, key: string, args: readonly string[]): Promise<Reply> {
    const { sha, text } = this.#scripts[name]
    try {
      return await this.#send(key, ['EVALSHA', sha, '1', key, ...args])
    } catch (error) {
      if (!(error instanceof Error) || codeOf(error.cause) !== 'NOSCRIPT') throw error
      return this.#send(key, ['EVAL', text, '1', key, ...args])
    }
  }

  subscribe(run: RunId): Promise<unknown> {
    return this.#patience.within(this.#link.subscribe(this.#keys.channel(run)))
  }

  unsubscribe(run: RunId): Promise<unknown> {
    return this.#link.unsubscribe(this.#keys.channel(run))
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  #send(key: string, args: readonly string[]): Promise<Reply> {
    try {
      return this.#patience.within(this.#link.send(key, args))
    } catch (error) {
      return Promise.reject(unreachable(error))
    }
  }
}
