import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import type { SessionRequest } from '../protocol/chat.ts'

/** Nothing that cannot be seen, and nothing that could be taken for two words. */
const NAME = /^[^\p{C}\p{Z}]{1,128}$/u
const NAMES = ['userId', 'instanceId', 'projectId'] as const

/** @throws MillraceError `invalid_request` */
export function readSessionRequest(body: Json | SessionRequest): SessionRequest {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new MillraceError('invalid_request', 'A session is asked for by a JSON object with `instanceId`, `userId`, `projectId` or none of them.')
  }
  const fields = body as Readonly<Record<string, unknown>>
  return Object.fromEntries(NAMES.filter((name) => fields[name] !== undefined).map((name) => [name, nameIn(fields, name)]))
}

function nameIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name]
  if (typeof value === 'string' && NAME.test(value)) return value
  throw new MillraceError('invalid_request', `\`${name}\` is 1 to 128 visible characters, without spaces.`)
}
