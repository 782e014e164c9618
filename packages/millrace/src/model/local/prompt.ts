import type { ModelMessage } from '../model.ts'

/** For a model that only goes on with a text: the messages' own words, after which it writes. */
export function plainPrompt(messages: readonly ModelMessage[]): string {
  return messages.map((message) => message.text).join('\n\n')
}
