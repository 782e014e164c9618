import { hasCode } from '../../event/error.ts'
import { SESSIONS, type SessionReply, type SessionRequest } from '../../protocol/chat.ts'
import { defaultHost, type Host } from '../host.ts'
import { call, type Access } from '../request.ts'
import type { ChatContext } from './contexts.ts'

/** What contexts of one session have in common, however often its token is renewed. */
interface Session {
  readonly request: SessionRequest
  token: string
  /** Under way: whoever needs a new token now waits for the same one. */
  renewal: Promise<void> | null
}

const AUTHORIZATION = 'Authorization'
/** A page has one or two; a server that asks in the name of many users keeps so many of the newest. */
const MAX_SESSIONS = 10_000

/** The sessions of one client: requests in their names, and a new token where one has run out. */
export class Sessions {
  readonly #url: string
  readonly #access: Access
  readonly #known = new Map<string, Session>()

  /** @param url where the chat is @param access how sessions are asked for, and all that has none */
  constructor(url: string, access: Access) {
    this.#url = url
    this.#access = access
  }

  async begin(request: SessionRequest, signal?: AbortSignal): Promise<SessionReply> {
    const reply = await this.#ask(request, signal)
    this.#known.set(reply.sessionId, { request, token: reply.token, renewal: null })
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size > MAX_SESSIONS) this.#known.delete(oldest)
    return reply
  }

  /** How requests are made in this name. */
  accessOf({ sessionId = '', token }: ChatContext): Access {
    if (token === undefined) return this.#access
    const { headers, host = defaultHost } = this.#access
    const session = this.#known.get(sessionId)
    return {
      ...this.#access,
      headers: async () => ({
        ...(typeof headers === 'function' ? await headers() : headers),
        [AUTHORIZATION]: bearer(session?.token ?? token),
      }),
      host: session ? this.#renewing(session, host) : host,
    }
  }

  /** A host that makes one new session where the token no longer holds, and asks once more. */
  #renewing(session: Session, host: Host): Host {
    return {
      ...host,
      fetch: async (url, init) => {
        const response = await host.fetch(url, init).catch(refusedBySocket)
        if (response !== null && response.status !== 401) return response
        await response?.body?.cancel()
        const headers = new Headers(init.headers)
        // Another request may have met the same, and be done with it.
        if (headers.get(AUTHORIZATION) === bearer(session.token)) await this.#renew(session)
        headers.set(AUTHORIZATION, bearer(session.token))
        return host.fetch(url, { ...init, headers })
      },
    }
  }

  #renew(session: Session): Promise<void> {
    session.renewal ??= this.#ask(session.request)
      .then(({ token }) => {
        session.token = token
      })
      .finally(() => {
        session.renewal = null
      })
    return session.renewal
  }

  #ask(request: SessionRequest, signal?: AbortSignal): Promise<SessionReply> {
    return call(this.#url + SESSIONS, { body: request, signal }, this.#access)
  }
}

function bearer(token: string): string {
  return `Bearer ${token}`
}

/** A socket has no statuses. */
function refusedBySocket(error: unknown): null {
  if (hasCode(error, 'unauthorized')) return null
  throw error
}
