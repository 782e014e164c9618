import { MillraceError } from '../event/error.ts'
import type { SessionKey, SessionKeys, SessionKeySource } from '../server/session-keys.ts'

/** RFC 7518 §3.2: a key as long as the hash. */
const SECRET_BYTES = 32
const ID = /^[\x21-\x7e]{1,64}$/
/** What was read is believed so long, so that a key that was thrown away is soon refused. In ms. */
const BELIEVED = 60_000
/** Who makes up names of keys has them read no oftener than this. In ms. */
const PAUSE = 1_000
/** Clocks of one service differ by less, in ms. */
export const SKEW: number = 30_000

/** The keys as one process knows them. */
export class KeyRing {
  readonly #source: SessionKeySource
  /** They never change: who names another one is refused at once. */
  readonly #fixed: boolean
  readonly #life: number
  #keys: readonly SessionKey[] = []
  #readAt = -Infinity
  /** A reading that has yet to begin: whoever joins it sees what stands there now. */
  #next: Promise<void> | null = null

  /** @param life of what a key signs, in ms */
  constructor(keys: SessionKeys | SessionKeySource, life: number) {
    this.#fixed = !('load' in keys)
    this.#source = 'load' in keys ? keys : { load: () => keys }
    this.#life = life
    if (!('load' in keys)) this.#take(keys)
  }

  /** The one that signs: read each time, so that nothing is signed with a key that others have retired. */
  async current(): Promise<SessionKey> {
    return (await this.#read()).current
  }

  /** `null` where there is none of this id, or its time is over. */
  async named(id: string): Promise<SessionKey | null> {
    const isStale = performance.now() - this.#readAt > BELIEVED
    if (!this.#fixed && (isStale || !this.#keys.some((key) => key.id === id))) await this.#readNext()
    const key = this.#keys.find((one) => one.id === id)
    return key && Date.now() < (key.retiredAt ?? Infinity) + this.#life + SKEW ? key : null
  }

  #readNext(): Promise<void> {
    const wait = Math.max(0, this.#readAt + PAUSE - performance.now())
    this.#next ??= new Promise((resolve) => setTimeout(resolve, wait)).then(async () => {
      this.#next = null
      await this.#read()
    })
    return this.#next
  }

  async #read(): Promise<SessionKeys> {
    const keys = await this.#source.load()
    this.#take(keys)
    return keys
  }

  #take({ current, previous = [] }: SessionKeys): void {
    const keys = [current, ...previous]
    keys.forEach(check)
    this.#keys = keys
    this.#readAt = performance.now()
  }
}

function check({ id, secret }: SessionKey): void {
  if (!ID.test(id)) throw new MillraceError('invalid_request', 'A session key’s `id` is 1 to 64 visible ASCII characters.')
  if (secret.length >= SECRET_BYTES) return
  throw new MillraceError('invalid_request', `A session key’s \`secret\` has at least ${String(SECRET_BYTES)} random bytes; that of \`${id}\` has ${String(secret.length)}.`)
}
