import { MillraceError } from '../../event/error.ts'

/**
 * What JetStream answers where another message is the last of the subject than was expected; since 2.12 also where
 * it does not know which, or where one is on its way.
 */
const OVERTAKEN: readonly (number | null)[] = [10071, 10163, 10164]
export const STREAM_NOT_FOUND = 10059

const FAILED: Readonly<Record<number, string>> = {
  10023: 'JetStream has no resources left; nothing was written. Give it more (`max_file_store`), or delete runs.',
  10047: 'JetStream has no storage left; nothing was written. Give it more (`max_file_store`), or delete runs.',
  10054: 'A stream of the store refuses messages of this size: set its `max_msg_size` to -1.',
  10059: 'A stream of the NATS store has been deleted, and its runs with it.',
  10065: 'Another stream takes the subjects of the NATS store: give the store another `prefix`.',
  10077: 'JetStream could not write to its disk, or a limit of its stream is reached; nothing was written.',
}

const NOT_ENABLED = 'This NATS server has no JetStream, or none for this account: start it with `-js`, or with a `jetstream` block in its configuration.'

/** What the packages of NATS throw, told apart by name: they may be there in several versions. */
interface NatsError {
  readonly name: string
  readonly code?: unknown
  readonly status?: unknown
  readonly operation?: unknown
  readonly subject?: unknown
}

/** An error and what lies beneath it. */
function* layersOf(error: unknown): Generator<NatsError> {
  for (let at = error; at instanceof Error; at = at.cause) yield at
}

function layer(error: unknown, ...names: readonly string[]): NatsError | undefined {
  return [...layersOf(error)].find(({ name }) => names.includes(name))
}

/** The number JetStream gave its error; `null` for every other. */
export function codeOf(error: unknown): number | null {
  const found = layer(error, 'JetStreamApiError', 'StreamNotFoundError', 'ConsumerNotFoundError')
  return typeof found?.code === 'number' ? found.code : null
}

/** Somebody else has written to the subject. */
export function isOvertaken(error: unknown): boolean {
  return OVERTAKEN.includes(codeOf(error))
}

/** Any error of a client as the one the contract names. */
export function toStoreError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  const options = { cause: error }
  const denied = layer(error, 'PermissionViolationError')
  if (denied) return new MillraceError('store_failed', `The user of this NATS may not do what the store does: allow it ${rightOf(denied)}.`, options)
  if (layer(error, 'AuthorizationError', 'UserAuthenticationExpiredError')) {
    return new MillraceError(
      'store_failed', 'NATS refuses these credentials, or wants some: check those in the URL (nats://USER:PASSWORD@HOST, nats://TOKEN@HOST) or of your connection.', options,
    )
  }
  const code = codeOf(error)
  const status = layer(error, 'JetStreamApiError')?.status
  if (code !== null && (status !== 503 || code in FAILED)) return new MillraceError('store_failed', FAILED[code] ?? `NATS failed (${describe(error)}).`, options)
  // Nobody answers: where JetStream is on, it is not ready yet.
  if (layer(error, 'JetStreamNotEnabled') && !layer(error, 'NoResponders')) return new MillraceError('store_failed', NOT_ENABLED, options)
  if (layer(error, 'ClosedConnectionError', 'DrainingConnectionError')) {
    return closedForGood(error)
  }
  if (layer(error, 'InvalidArgumentError')) return new MillraceError('store_failed', `NATS failed (${describe(error)}).`, options)
  return unreachable(error)
}

/** A connection of the user's own. */
export function closedForGood(cause?: unknown): MillraceError {
  return new MillraceError('store_failed', 'The connection of the NATS store is closed for good: connect with `maxReconnectAttempts: -1`, and hand the store the new one.', { cause })
}

export function notEnabled(): MillraceError {
  return new MillraceError('store_failed', NOT_ENABLED)
}

/** What never came to the server, or whose answer never came back. */
export function unreachable(cause?: unknown): MillraceError {
  const why = describe(cause)
  return new MillraceError('store_busy', `NATS cannot be reached${why === '' ? '' : ` (${why})`}: is it running?`, { cause })
}

export function corrupt(what: string): MillraceError {
  return new MillraceError('store_corrupt', `The NATS store is damaged: ${what}.`)
}

function rightOf({ operation, subject }: NatsError): string {
  return `to ${operation === 'subscription' ? 'subscribe to' : 'publish to'} ${String(subject)}`
}

/** The innermost says most: what is around it only says that a request failed. */
function describe(error: unknown): string {
  const messages: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) if (at.message !== '') messages.push(at.message)
  return messages.at(-1) ?? ''
}
