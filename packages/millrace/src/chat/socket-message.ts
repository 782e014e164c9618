import { parseCursor, type Cursor } from '../event/cursor.ts'
import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import { checkKey } from '../server/start-route.ts'
import { wantedOf, type Wanted } from './question.ts'
import { fieldsOf } from './turn-input.ts'

/** A question to answer, or an answer to read on. */
export type Wish =
  | { readonly conversationId: string; readonly wanted: Wanted; readonly key: string | undefined }
  | { readonly turn: string; readonly after: Cursor | null }

/** What one message says (PROTOCOL.md §12). */
export interface ChatMessage {
  readonly token: string | undefined
  readonly wish: Wish | 'cancel' | null
}

/** @throws MillraceError `invalid_request`, `invalid_input`, `invalid_cursor` */
export function readChatMessage(message: Json): ChatMessage {
  const fields = fieldsOf(message)
  return { token: textIn(fields, 'token'), wish: wishOf(message, fields) }
}

function wishOf(message: Json, fields: Readonly<Record<string, unknown>>): Wish | 'cancel' | null {
  if (fields['type'] === 'cancel') return 'cancel'
  const turn = textIn(fields, 'turn')
  if (turn !== undefined) {
    const after = textIn(fields, 'after')
    return { turn, after: after === undefined ? null : parseCursor(after) }
  }
  const wanted = wantedOf(message)
  if (Object.keys(wanted).length > 0) {
    const conversationId = textIn(fields, 'conversationId')
    if (conversationId === undefined) throw new MillraceError('invalid_request', 'A question names its conversation: {"query":"…","conversationId":"…"}.')
    return { conversationId, wanted, key: checkKey(textIn(fields, 'key')) }
  }
  if (fields['token'] !== undefined) return null
  throw new MillraceError('invalid_request', 'A message is a question {"query","conversationId"}, a turn to read {"turn","after"?}, {"type":"cancel"}, or {"token"}.')
}

function textIn(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || typeof value === 'string') return value
  throw new MillraceError('invalid_request', `\`${name}\` is a text.`)
}
