import { MillraceError } from '../event/error.ts'
import type { SessionReply, SessionRequest } from '../protocol/chat.ts'
import { randomRunId } from '../run/ids.ts'
import { callerOf, type Authenticate, type Caller } from '../server/authenticate.ts'
import { looksNarrowed, narrowed } from '../server/narrowed.ts'
import type { SessionKeys, SessionKeySource } from '../server/session-keys.ts'
import { KeyRing } from './key-ring.ts'
import { readSessionRequest } from './session-names.ts'
import { SessionTokens } from './session-token.ts'

export interface SessionsOptions {
  /** In memory, or from where they are kept: `sessionKeys` of `millrace/node`. */
  readonly keys: SessionKeys | SessionKeySource
  /** Who asks where no session says it, and who may open one: by a cookie, a proxy's header, another service's token. */
  readonly authenticate: Authenticate
  /**
   * Whether who asks may open this session. Default: for nobody else, in every instance and project that is
   * named. Whatever it allows, a session reaches nothing that another principal began.
   */
  readonly authorize?: (principal: string, request: SessionRequest) => boolean | Promise<boolean>
  /** How long a session holds, in ms. Default: an hour. */
  readonly ttl?: number
  /** Default: `millrace`. */
  readonly issuer?: string
  /** Whom its tokens are for: two services that share keys take no tokens of each other. Default: `millrace-chat`. */
  readonly audience?: string
}

export interface Sessions {
  /** For `createMillrace`: by the bearer token, which is a session's or nobody's; without one, as the given `authenticate` says. */
  readonly authenticate: Authenticate
  /** Who may open a session: as the given `authenticate` says, because a session that could open another would never end. */
  readonly signIn: Authenticate
  /** @throws MillraceError `invalid_request`, `forbidden` */
  readonly open: (caller: Caller, request?: SessionRequest) => Promise<SessionReply>
}

const HOUR = 60 * 60 * 1_000
const BEARER = /^Bearer(?: +(.*))?$/i

/** Signed tokens that say for a while who asks, and for which instance and project: nothing is kept on the server. */
export function createSessions(options: SessionsOptions): Sessions {
  const { keys, authenticate: base, authorize = isOwn, ttl = HOUR, issuer = 'millrace', audience = 'millrace-chat' } = options
  if (!(ttl >= 1_000 && ttl < Infinity)) throw new MillraceError('invalid_request', '`ttl` of sessions is a time in ms, at least a second.')
  const tokens = new SessionTokens({ keys: new KeyRing(keys, ttl), issuer, audience })

  const signIn = async (request: Request): Promise<Caller | null> => {
    const caller = await callerOf(base, request)
    return caller === null || looksNarrowed(caller.principal) ? null : caller
  }
  return {
    signIn,
    async authenticate(request) {
      const [bearer, token = ''] = BEARER.exec(request.headers.get('Authorization') ?? '') ?? []
      if (bearer === undefined) return signIn(request)
      const claims = await tokens.read(token)
      return claims && { principal: narrowed(claims.principal, claims), expiresAt: claims.expiresAt }
    },
    async open({ principal, expiresAt: until = Infinity }, request = {}) {
      const names = readSessionRequest(request)
      if (!(await authorize(principal, names))) throw new MillraceError('forbidden', 'This session is not yours to open.')
      // Whole seconds, as tokens tell time; and no longer than what proved who asks.
      const expiresAt = Math.floor(Math.min(Date.now() + ttl, until) / 1_000) * 1_000
      const sessionId = randomRunId()
      return { sessionId, token: await tokens.sign({ ...names, principal, sessionId, expiresAt }), expiresAt }
    },
  }
}

function isOwn(principal: string, { userId }: SessionRequest): boolean {
  return userId === undefined || userId === principal
}
