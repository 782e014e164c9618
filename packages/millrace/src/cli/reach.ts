import { defaultHost, type Host } from '../client/host.ts'
import { MillraceError } from '../event/error.ts'

/**
 * A host whose first connection has to succeed: a mistyped address is an error at once, while a
 * server that was there and is being restarted is waited for.
 */
export function reaching(): Host {
  let reached = false
  return {
    ...defaultHost,
    async fetch(url, init) {
      try {
        const response = await defaultHost.fetch(url, init)
        reached = true
        return response
      } catch (cause) {
        if (reached || init.signal?.aborted === true) throw cause
        throw new MillraceError('incomplete', `Nothing answers at ${new URL(url).origin}.`, { cause })
      }
    },
  }
}
