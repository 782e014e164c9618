import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { ChatActions, StreamingChat } from 'millrace/react'
import { Missed } from '../connection/connection-view.tsx'
import { Icon } from '../icon.tsx'
import { Outcome } from './outcome.tsx'
import { Turn } from './turn.tsx'
import { turnsOf } from './turns.ts'
import { useEndInSight } from './use-end-in-sight.ts'
import { isNoMore, troubleWords } from './words.ts'

interface ThreadProps {
  readonly state: StreamingChat
  readonly actions: ChatActions
  readonly onNew: () => void
  /** What came from the log once the line was mended. */
  readonly missed: number | null
}

/** A conversation from its first question that was loaded to the answer that is being written. */
export function Thread({ state, actions, onNew, missed }: ThreadProps): ReactElement {
  const { messages, hasEarlier, isStreaming, conversationId, stage, progress, connection, error, status } = state
  const turns = turnsOf(messages)
  const thread = useRef<HTMLDivElement>(null)
  const { isAway, toEnd } = useEndInSight(thread)
  const newest = turns.at(-1)
  // A question of one's own is where one looks next.
  useEffect(() => toEnd(), [newest?.question.id, toEnd])
  const isUnsent = newest?.question.status === 'unsent'
  return (
    <div className="thread" ref={thread}>
      {hasEarlier && <button type="button" className="quiet more" onClick={() => void actions.loadEarlier()}>Show what was said before</button>}
      {turns.map(({ question, answer }) => (
        <Turn
          key={question.id} question={question} answer={answer} conversation={conversationId} actions={actions} isBusy={isStreaming}
          live={question === newest?.question ? { stage, progress, connection } : null}
        />
      ))}
      {status === 'loading' && turns.length === 0 && <p className="note">Fetching this conversation</p>}
      {error !== null && (!isUnsent || isNoMore(error.code)) && (status === 'failed' || connection === 'failed') && (
        <Outcome isCalm={false} text={troubleWords(error.code)} ways={[isNoMore(error.code) ? ['New conversation', onNew] : ['Try again', () => void actions.reconnect()]]} />
      )}
      <Missed missed={missed} />
      {isAway && <button type="button" className="to-end" onClick={toEnd}><Icon name="down" />{isStreaming ? 'Still writing' : 'To the end'}</button>}
    </div>
  )
}
