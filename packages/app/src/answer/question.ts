import { PublicError } from 'millrace'

export interface Question {
  readonly message: string
}

const LONGEST = 8000

/** @throws PublicError that says in plain words what is wrong with it. */
export function parseQuestion(value: unknown): Question {
  const message = isRecord(value) ? value['message'] : undefined
  if (typeof message !== 'string') throw new PublicError('invalid_input', 'Send {"message": "your question"}.')
  const trimmed = message.trim()
  if (trimmed === '') throw new PublicError('invalid_input', 'The question is empty.')
  if (trimmed.length > LONGEST) throw new PublicError('invalid_input', `A question has at most ${String(LONGEST)} characters.`)
  return { message: trimmed }
}

/** The question in a request of the Anthropic Messages API: the text of its last message by the user. */
export function questionOfMessages(body: unknown): { readonly message: string } {
  const messages = isRecord(body) && Array.isArray(body['messages']) ? (body['messages'] as unknown[]) : []
  const last = messages.findLast((message) => isRecord(message) && message['role'] === 'user')
  if (!isRecord(last)) throw new PublicError('invalid_input', 'Send `messages` with at least one message of the role "user".')
  return { message: textOf(last['content']) }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const blocks: unknown[] = Array.isArray(content) ? content : []
  return blocks.flatMap((block) => (isRecord(block) && typeof block['text'] === 'string' ? [block['text']] : [])).join('\n')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
