import { MillraceError } from '../event/error.ts'
import { principalOf, type Authenticate } from './authenticate.ts'

const TOKEN = /^[\x21-\x7e]{1,8192}$/

/** Who a socket belongs to: said by its upgrade or by a message, and asked again while it is open. */
export class SocketLogin {
  readonly #authenticate: Authenticate
  /** What the newest word on it stands in. */
  #request: Request
  #principal: string | null = null

  constructor(authenticate: Authenticate, upgrade: Request) {
    this.#authenticate = authenticate
    this.#request = upgrade
  }

  get principal(): string | null {
    return this.#principal
  }

  /** By the upgrade itself. */
  async enter(): Promise<boolean> {
    this.#principal = await principalOf(this.#authenticate, this.#request)
    return this.#principal !== null
  }

  /** By a token, as if the upgrade had had it in its header. @throws MillraceError `unauthorized`, `forbidden` */
  async take(token: string): Promise<void> {
    if (!TOKEN.test(token)) throw new MillraceError('unauthorized', 'A token is visible ASCII.')
    const headers = new Headers(this.#request.headers)
    headers.set('Authorization', `Bearer ${token}`)
    const request = new Request(this.#request.url, { headers })
    const principal = await principalOf(this.#authenticate, request)
    if (principal === null) throw new MillraceError('unauthorized', 'This token is not accepted.')
    if (this.#principal !== null && principal !== this.#principal) {
      throw new MillraceError('forbidden', 'A socket stays with whom it began. Open another one.')
    }
    this.#request = request
    this.#principal = principal
  }

  /** Whether what was said still holds: tokens expire, and people are locked out. */
  async holds(): Promise<boolean> {
    return (await principalOf(this.#authenticate, this.#request)) === this.#principal
  }
}
