import type { TurnContext } from './define-turn.ts'

/** As models are asked, and most libraries of theirs. */
export interface ChatMessage {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

/** The conversation up to its newest question, for `answerWith` of `millrace/model`. What was never answered is left out: models take no silence. */
export function toMessages({ history, query }: Pick<TurnContext, 'history' | 'query'>): readonly ChatMessage[] {
  const earlier = history.filter(({ content }) => content !== '').flatMap((turn): ChatMessage[] => [
    { role: 'user', text: turn.query }, { role: 'assistant', text: turn.content },
  ])
  return [...earlier, { role: 'user', text: query }]
}
