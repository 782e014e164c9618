import type * as jose from 'jose'
import type { CompactJWSHeaderParameters, JWTPayload } from 'jose'
import { missingPackage } from '../event/missing-package.ts'
import type { SessionRequest } from '../protocol/chat.ts'
import { SKEW, type KeyRing } from './key-ring.ts'

const ALGORITHM = 'HS256'
/** No token of another sort that the same secret might sign is taken for a session. */
const TYPE = 'millrace-session+jwt'
/** Ours have less than half of it. */
const LONGEST = 4_096

/** What a token says. It is signed, not hidden: who has it can read it. */
export interface SessionClaims extends SessionRequest {
  /** Who asked for it. */
  readonly principal: string
  readonly sessionId: string
  /** In ms since the epoch, whole seconds. */
  readonly expiresAt: number
}

export interface TokenOptions {
  readonly keys: KeyRing
  readonly issuer: string
  readonly audience: string
}

/** Signs sessions and knows them again (RFC 7519). Everything that a token could choose about how it is checked is pinned here. */
export class SessionTokens {
  readonly #options: TokenOptions

  constructor(options: TokenOptions) {
    this.#options = options
  }

  async sign({ principal, sessionId, expiresAt, ...names }: SessionClaims): Promise<string> {
    const { keys, issuer, audience } = this.#options
    const { SignJWT } = await importJose()
    const key = await keys.current()
    const now = Math.floor(Date.now() / 1_000)
    return new SignJWT({ sid: sessionId, names })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: key.id })
      .setIssuer(issuer).setAudience(audience).setSubject(principal)
      // Begins a little in the past, for hosts whose clocks are behind; nothing is added to its end.
      .setIssuedAt(now).setNotBefore(now - SKEW / 1_000).setExpirationTime(expiresAt / 1_000)
      .sign(key.secret)
  }

  /** `null` for whatever is no session of ours, or one whose time is over: why is nobody's business. */
  async read(token: string): Promise<SessionClaims | null> {
    if (token.length > LONGEST) return null
    const { jwtVerify, errors } = await importJose()
    const { keys, issuer, audience } = this.#options
    const secretOf = async ({ kid, crit }: CompactJWSHeaderParameters): Promise<Uint8Array> => {
      // Ours ask for nothing special, whatever the package would understand.
      const key = crit === undefined ? await keys.named(kid ?? '') : null
      if (key === null) throw new errors.JWKSNoMatchingKey()
      return key.secret
    }
    try {
      const { payload } = await jwtVerify(token, secretOf, {
        issuer, audience, algorithms: [ALGORITHM], typ: TYPE, requiredClaims: ['sub', 'sid', 'names', 'iat', 'nbf', 'exp'],
      })
      return claimsOf(payload)
    } catch (error) {
      // A key that cannot be read is our fault, and no reason to send people away.
      if (error instanceof errors.JOSEError) return null
      throw error
    }
  }
}

/** Who has the secret wrote them: their form needs no second look. */
function claimsOf({ sub = '', exp = 0, sid, names }: JWTPayload): SessionClaims {
  return { ...(names as SessionRequest), principal: sub, sessionId: String(sid), expiresAt: exp * 1_000 }
}

async function importJose(): Promise<typeof jose> {
  try {
    return await import('jose')
  } catch (cause) {
    throw missingPackage('Sessions need', 'jose', cause)
  }
}
