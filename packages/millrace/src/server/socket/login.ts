import { MillraceError } from '../../event/error.ts'
import { callerOf, type Authenticate, type Caller } from '../authenticate.ts'

const TOKEN = /^[\x21-\x7e]{1,8192}$/

/** Who a socket belongs to: said by its upgrade or by a message, and asked again while it is open. */
export class SocketLogin {
  readonly #authenticate: Authenticate
  /** What the newest word on it stands in. */
  #request: Request
  #caller: Caller | null = null

  constructor(authenticate: Authenticate, upgrade: Request) {
    this.#authenticate = authenticate
    this.#request = upgrade
  }

  get principal(): string | null {
    return this.#caller?.principal ?? null
  }

  /** When the newest word on it runs out, in ms since the epoch, where that is known. */
  get expiresAt(): number | undefined {
    return this.#caller?.expiresAt
  }

  /** By the upgrade itself. */
  async enter(): Promise<boolean> {
    this.#caller = await callerOf(this.#authenticate, this.#request)
    return this.#caller !== null
  }

  /** By a token, as if the upgrade had had it in its header. @throws MillraceError `unauthorized`, `forbidden` */
  async take(token: string): Promise<void> {
    if (!TOKEN.test(token)) throw new MillraceError('unauthorized', 'A token is visible ASCII.')
    const headers = new Headers(this.#request.headers)
    headers.set('Authorization', `Bearer ${token}`)
    const request = new Request(this.#request.url, { headers })
    const caller = await callerOf(this.#authenticate, request)
    if (caller === null) throw new MillraceError('unauthorized', 'This token is not accepted.')
    if (this.#caller !== null && caller.principal !== this.#caller.principal) {
      throw new MillraceError('forbidden', 'A socket stays with whom it began. Open another one.')
    }
    this.#request = request
    this.#caller = caller
  }

  /** Whether what was said still holds: tokens expire, and people are locked out. */
  async holds(): Promise<boolean> {
    return (await callerOf(this.#authenticate, this.#request))?.principal === this.#caller?.principal
  }
}
