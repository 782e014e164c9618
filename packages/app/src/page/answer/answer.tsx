import { memo, useDeferredValue } from 'react'
import type { ReactElement } from 'react'
import type { ChatMessage } from 'millrace/react'
import { AnswerMarkdown } from '../markdown/answer-markdown.tsx'
import { isOver } from '../thread/turns.ts'
import { SourcesContext } from './cite.tsx'

/** What an answer says. */
export const Answer = memo(function Answer({ message: newest }: { readonly message: ChatMessage }): ReactElement {
  // Drawn as there is time: however much comes at once, typing and scrolling go first.
  const message = useDeferredValue(newest)
  const isEnded = isOver(message.status)
  return (
    <div className="text" role="region" aria-label="Answer" aria-busy={!isEnded}>
      <SourcesContext value={message.sources}>
        <AnswerMarkdown content={message.content} isEnded={isEnded} />
      </SourcesContext>
    </div>
  )
})
