/** Says who sends a request: a principal, or `null` for nobody (401). */
export type Authenticate = (request: Request) => string | null | Promise<string | null>

/** Nobody: also an empty name, and the `undefined` of whoever writes no types. */
export async function principalOf(authenticate: Authenticate, request: Request): Promise<string | null> {
  const principal: unknown = await authenticate(request)
  return typeof principal === 'string' && principal !== '' ? principal : null
}

/**
 * One principal for everyone: whoever reaches the server shares its runs, keys and lists, and the
 * limit of streams per principal does not apply. For local use and demonstrations.
 */
export const anyone: Authenticate = () => 'anyone'
