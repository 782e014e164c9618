import { memo, useId } from 'react'
import type { ReactElement } from 'react'
import type { ChatActions, ChatMessage } from 'millrace/react'
import { AnswerActions } from '../answer/answer-actions.tsx'
import { Answer } from '../answer/answer.tsx'
import { SourcesPanel } from '../answer/sources.tsx'
import { Outcome } from './outcome.tsx'
import { Question } from './question.tsx'
import { Stage } from './stage.tsx'
import type { Live } from './stage.tsx'
import { isOver } from './turns.ts'
import { isNoMore, outcomeOf, troubleWords } from './words.ts'

interface TurnProps {
  readonly question: ChatMessage
  readonly answer: ChatMessage | null
  readonly conversation: string | null
  /** What can be done; `null` where this is only to be read. */
  readonly actions: ChatActions | null
  /** Of the newest turn: how its answer is coming. */
  readonly live: Live | null
  /** While an answer is written, no other is asked for. */
  readonly isBusy: boolean
}

/** A question with its answer. It is drawn again only when one of them changes. */
export const Turn = memo(function Turn({ question, answer, conversation, actions, live, isBusy }: TurnProps): ReactElement {
  const id = useId()
  const free = isBusy ? null : actions
  const isEnded = answer !== null && isOver(answer.status)
  return (
    <article className="turn" aria-labelledby={id} data-status={answer?.status ?? question.status}>
      <Question id={id} text={question.content} onEdit={free && ((text) => void free.edit(question.id, text))} />
      {question.status === 'unsent' && !isNoMore(question.error?.code ?? '') && (
        <Outcome isCalm={false} text={troubleWords(question.error?.code ?? '')} ways={actions ? [['Send again', () => void actions.resend(question.id)]] : []} />
      )}
      {answer !== null && (
        <>
          {live !== null && <Stage answer={answer} live={live} />}
          <div className="answer">
            <Answer message={answer} />
            {isEnded && <Ending answer={answer} actions={free} />}
            {isEnded && <AnswerActions message={answer} conversation={conversation} onRegenerate={free && (() => void free.regenerate({ message: answer.id }))} />}
            <SourcesPanel sources={answer.sources} />
          </div>
        </>
      )}
    </article>
  )
})

function Ending({ answer, actions }: { readonly answer: ChatMessage; readonly actions: ChatActions | null }): ReactElement | null {
  const outcome = outcomeOf(answer)
  if (outcome === null) return null
  const ways: [string, () => void][] = []
  if (actions && answer.content !== '') ways.push(['Continue', () => void actions.continueAnswer({ message: answer.id })])
  if (actions) ways.push(['Ask again', () => void actions.regenerate({ message: answer.id })])
  return <Outcome {...outcome} ways={ways} />
}
