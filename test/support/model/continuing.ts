import type { Json } from '../../../packages/millrace/src/index.ts'
import { chunk, DONE, finish, text, usage } from './chat.ts'
import { hanging, streaming, type Answer } from './server.ts'

/**
 * A server whose model always has the same answer, and goes on with it where its last message is the
 * assistant's. The first time it is asked it stops in the middle, and says nothing more.
 *
 * @param stopAt after so many letters of the answer
 */
export function continuing(answer: string, stopAt: number): Answer[] {
  const words = (from: number, to: number): string[] => (answer.slice(from, to).match(/\S+|\s+/g) ?? []).map(text)
  const rest: Answer = (asked) => {
    const from = saidBefore(asked.body['messages'])
    return streaming(chunk({ role: 'assistant' }), ...words(from, answer.length), finish('stop'), usage(7, 9), DONE)(asked)
  }
  return [hanging(...words(0, stopAt)), rest]
}

function saidBefore(messages: Json | undefined): number {
  const last = (messages as { role: string; content: string }[]).at(-1)
  return last?.role === 'assistant' ? last.content.length : 0
}
