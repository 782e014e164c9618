import { lastUserText, PublicError } from 'millrace'
import type { Json } from 'millrace'

export interface Question {
  readonly message: string
}

/** Characters of a question. */
export const LONGEST = 8000

/** @throws PublicError that says in plain words what is wrong with it. */
export function parseQuestion(value: unknown): Question {
  const message = isRecord(value) ? value['message'] : undefined
  if (typeof message !== 'string') throw new PublicError('invalid_input', 'Send {"message": "your question"}.')
  const trimmed = message.trim()
  if (trimmed === '') throw new PublicError('invalid_input', 'The question is empty.')
  if (trimmed.length > LONGEST) throw new PublicError('invalid_input', `A question has at most ${String(LONGEST)} characters.`)
  return { message: trimmed }
}

/** The question in what other people's clients post: the text of the user's last message. */
export function questionIn(body: Json): { readonly message: string } {
  return { message: lastUserText(body) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
