import { PublicError } from '../../event/error.ts'
import type { Json } from '../../event/run-event.ts'
import { fieldsOf } from './fields.ts'

/**
 * The text of the user's newest message, for a route's `input`, in whichever vocabulary it was posted: each has texts
 * both plain and in parts, and its own clients choose. What else the application needs of the body (earlier
 * messages, results of tools, its own fields) it reads itself.
 * @throws PublicError where there is none
 */
export function lastUserText(body: Json): string {
  const { messages, input } = fieldsOf(body)
  const asked = fieldsOf(listOf(messages ?? input).map(fieldsOf).findLast(({ role }) => role === 'user'))
  const text = typeof input === 'string' ? input : textOf(asked['parts'] ?? asked['content'])
  if (text === '') throw new PublicError('invalid_input', 'There is no text of the user in `messages` or `input`.')
  return text
}

function textOf(said: Json | undefined): string {
  if (typeof said === 'string') return said
  return listOf(said).map(fieldsOf).map(({ type, text }) => (isText(type) && typeof text === 'string' ? text : '')).join('')
}

function isText(type: Json | undefined): boolean {
  return type === 'text' || type === 'input_text'
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
