/** What a session of somebody's may be narrowed to. */
interface Names {
  readonly userId?: string
  readonly instanceId?: string
  readonly projectId?: string
}

/** How the principals of narrowed sessions begin. */
const NARROWED = '["'
/** Of such a one, its first two parts as JSON has them. */
const PERSON = /^\["(?:[^"\\]|\\.)*",(?:null|"(?:[^"\\]|\\.)*")/

/**
 * Whose data a session reaches: what is narrowed lies beside the rest of the same person's, and what two
 * people name alike never meets, because every name begins with who asked. JSON keeps the parts apart,
 * whatever stands in them.
 */
export function narrowed(principal: string, { userId, instanceId, projectId }: Names): string {
  const user = userId === principal ? undefined : userId
  if (user === undefined && instanceId === undefined && projectId === undefined) return principal
  return JSON.stringify([principal, user ?? null, instanceId ?? null, projectId ?? null])
}

/** Whether a name could be one that {@link narrowed} made: nobody else may be called so. */
export function looksNarrowed(principal: string): boolean {
  return principal.startsWith(NARROWED)
}

/** The same for all that one person is narrowed to: naming another project each time must multiply no limit. */
export function personOf(principal: string): string {
  return PERSON.exec(principal)?.[0] ?? principal
}
