import { MillraceError } from '../../event/error.ts'
import type { Json } from '../../event/run-event.ts'
import type { ClientMessage } from '../../protocol/socket.ts'
import type { SignalRequest } from '../../protocol/wire.ts'

type Fields = Readonly<Record<string, Json | undefined>>

const REF = /^[\w.:-]{1,64}$/

/** The name an answer is to carry, also where the rest of the message is wrong. */
export function refOf(message: Json): string | null {
  const ref = fieldsOf(message)['ref']
  return typeof ref === 'string' && REF.test(ref) ? ref : null
}

/** @throws MillraceError `invalid_request` */
export function readMessage(message: Json): ClientMessage {
  const fields = fieldsOf(message)
  const { type } = fields
  switch (type) {
    case 'auth':
      return { type, token: textIn(fields, 'token') }
    case 'start': {
      const { input = null, follow } = fields
      return { type, ref: refIn(fields), kind: textIn(fields, 'kind'), input, follow: follow === true, ...textsIn(fields, 'key', 'dialect') }
    }
    case 'follow':
      return { type, ref: refIn(fields), run: textIn(fields, 'run'), ...textsIn(fields, 'after', 'dialect') }
    case 'progress':
      return { type, ref: refIn(fields), group: textIn(fields, 'group') }
    case 'unfollow':
    case 'pause':
    case 'resume':
      return { type, ref: refIn(fields) }
    case 'signal':
      // What a signal may be is for those to say who take it.
      return { type, ref: refIn(fields), run: textIn(fields, 'run'), signal: fieldsOf(fields['signal']) as Json & SignalRequest }
    case 'cancel':
      return { type, ref: refIn(fields), run: textIn(fields, 'run') }
    default:
      throw new MillraceError('invalid_request', 'A message is a JSON object with a `type` of PROTOCOL.md §9.')
  }
}

function fieldsOf(value: Json | undefined): Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {}
}

function refIn(fields: Fields): string {
  const ref = textIn(fields, 'ref')
  if (!REF.test(ref)) throw new MillraceError('invalid_request', 'A `ref` is 1 to 64 letters, digits or any of . _ : -')
  return ref
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new MillraceError('invalid_request', `\`${name}\` is missing, or no string.`)
  return value
}

/** Those of the names that are there. */
function textsIn(fields: Fields, ...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, textIn(fields, name)]))
}
