/** Says who sends a request: a principal, or `null` for nobody (401). */
export type Authenticate = (request: Request) => string | null | Promise<string | null>

/**
 * One principal for everyone: whoever reaches the server shares its runs, keys and lists, and the
 * limit of streams per principal does not apply. For local use and demonstrations.
 */
export const anyone: Authenticate = () => 'anyone'
