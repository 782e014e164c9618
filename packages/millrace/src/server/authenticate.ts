import { webRequest, type Inquiry } from './inquiry.ts'

/** Who sends a request, where what proves it does not hold for ever. */
export interface Caller {
  readonly principal: string
  /** When the proof (a token, a session) runs out, in ms since the epoch: streams that are open then are cut. */
  readonly expiresAt?: number
}

/** Says who sends a request: a principal, alone or with its time, or `null` for nobody (401). */
export type Authenticate = (request: Request) => string | Caller | null | Promise<string | Caller | null>

/** `null` for nobody: also an empty name, the `undefined` of whoever writes no types, and a proof that has run out. */
export async function callerOf(authenticate: Authenticate, request: Inquiry): Promise<Caller | null> {
  if (authenticate === anyone) return ANYONE
  const said: unknown = await authenticate(webRequest(request))
  const { principal, expiresAt } = (typeof said === 'string' ? { principal: said } : (said ?? {})) as Partial<Caller>
  if (typeof principal !== 'string' || principal === '') return null
  if (expiresAt === undefined) return { principal }
  // Said this way round because nothing is greater than what is no number.
  return expiresAt > Date.now() ? { principal, expiresAt } : null
}

/**
 * One principal for everyone: whoever reaches the server shares its runs, keys and lists, and the
 * limit of streams per principal does not apply. For local use and demonstrations.
 */
export const anyone: Authenticate = () => ANYONE.principal
const ANYONE: Caller = { principal: 'anyone' }
