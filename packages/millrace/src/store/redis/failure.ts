import { MillraceError } from '../../event/error.ts'

/** Redis says why in the first word of its error's text; no client hands it on in another place. */
const CODE = /^([A-Z]{2,}) /

const BUSY: readonly string[] = [
  'BUSY', 'LOADING', 'READONLY', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN', 'MOVED', 'ASK', 'UNBLOCKED', 'NOREPLICAS',
]

const FAILED: Readonly<Record<string, string>> = {
  NOAUTH: 'Redis wants a password: put it in the URL (redis://USER:PASSWORD@HOST) or in the client’s options.',
  WRONGPASS: 'Redis refuses this user and password: check those in the URL (redis://USER:PASSWORD@HOST) or in the client’s options.',
  NOPERM: 'The user of this Redis may not do what the store does: allow it EVALSHA, EVAL, their commands, and the keys and channels of its prefix.',
  OOM: 'Redis has no memory left (`maxmemory`); nothing was written. Give it more, or delete runs.',
  MISCONF: 'Redis takes no writes because it cannot save to its disk; nothing was written.',
}

/** The code of an error that the server answered with; `null` for every other. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error ? (CODE.exec(error.message)?.[1] ?? null) : null
}

/** Any error of a client as the one the contract names. */
export function toStoreError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  const options = { cause: error }
  const code = codeOf(error)
  if (code === null) return unreachable(error)
  if (BUSY.includes(code)) return new MillraceError('store_busy', `Redis cannot answer now (${code}); try again.`, options)
  if (code === 'WRONGTYPE') {
    return new MillraceError('store_corrupt', 'A key of the Redis store holds something else: another program uses its prefix.', options)
  }
  return new MillraceError('store_failed', FAILED[code] ?? `Redis failed (${describe(error)}).`, options)
}

/** What never came to the server, or whose answer never came back. */
export function unreachable(cause: unknown): MillraceError {
  const why = describe(cause)
  return new MillraceError('store_busy', `Redis cannot be reached${why === '' ? '' : ` (${why})`}: is it running?`, { cause })
}

/** A client of the user's own. */
export function closedForGood(): MillraceError {
  return new MillraceError('store_failed', 'The client of the Redis store is closed for good: hand the store one that is open, and close it after the store.')
}

export function corrupt(what: string): MillraceError {
  return new MillraceError('store_corrupt', `The Redis store is damaged: ${what}.`)
}

function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return describe(error.errors[0])
  return error instanceof Error ? error.message : ''
}
