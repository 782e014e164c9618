import { MillraceError } from '../../event/error.ts'
import { clientFor } from './clients.ts'
import type { PgPool } from './clients.ts'

/**
 * Whether the server asks for a password that nobody gave. The client notices by itself, and tells in words alone: so a connection of
 * our own is asked for it. One more connection, where the first one has failed without a reason that a program understands.
 */
export async function lacksPassword(target: string | PgPool): Promise<boolean> {
  const client = await clientFor(target)
  if (typeof client.password === 'function' || Boolean(client.password)) return false
  let isAsked = false
  client.password = () => {
    isAsked = true
    return Promise.reject(wantsPassword())
  }
  client.on('error', ignore)
  await client.connect().catch(ignore)
  client.end().catch(ignore)
  return isAsked
}

export function wantsPassword(cause?: unknown): MillraceError {
  return new MillraceError('store_failed', 'Postgres wants a password: put it in the URL (postgres://USER:PASSWORD@HOST/DATABASE).', { cause })
}

function ignore(): void {
  // Why it failed was known before.
}
