import { defaultHost, type Host } from '../client/host.ts'
import type { Access } from '../client/request.ts'
import { MillraceError } from '../event/error.ts'

/** Too many requests. */
const BUSY = 429

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

/** The same access, for a single question: says once that a server which cannot answer now is asked again. */
export function patient(access: Access): Access {
  const host = access.host ?? defaultHost
  let said = false
  return {
    ...access,
    host: {
      ...host,
      async fetch(url, init) {
        const response = await host.fetch(url, init)
        if (!said && (response.status >= 500 || response.status === BUSY)) {
          said = true
          process.stderr.write(`the server answered ${String(response.status)}, asking again for up to two minutes\n`)
        }
        return response
      },
    },
  }
}
