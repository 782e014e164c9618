import { useEffect } from 'react'
import type { ReactElement } from 'react'
import type { ChatMessage, StreamingChat } from 'millrace/react'
import { announce } from '../announcer.tsx'
import { isOver } from './turns.ts'
import { CONNECTION_NEWS, finishedWords, outcomeOf } from './words.ts'

/** What is known of the answer that is under way. */
export type Live = Pick<StreamingChat, 'stage' | 'progress' | 'connection'>

/** Where the work is. News of the connection stands here as long as it lasts. */
export function Stage({ answer, live }: { readonly answer: ChatMessage; readonly live: Live }): ReactElement {
  const isEnded = isOver(answer.status)
  const words = isEnded ? endWords(answer) : (newsOf(live.connection) ?? live.stage?.message ?? live.stage?.status ?? 'Sending your question')
  useEffect(() => announce(words), [words])
  return (
    <div className="stage">
      <span className="stage-text">{answer.status === 'failed' || answer.status === 'cancelled' ? '' : words}</span>
      {!isEnded && <progress max={1} value={shareOf(live.progress)} aria-label="How much of the answer is written" />}
    </div>
  )
}

/** What stands on the page and is said once it is over. */
function endWords(answer: ChatMessage): string {
  return outcomeOf(answer)?.text ?? finishedWords(answer.sources.length)
}

/** That it was resumed is news for the ear only: the stage is what matters again. */
function newsOf(connection: Live['connection']): string | undefined {
  return connection === 'resumed' ? undefined : CONNECTION_NEWS[connection]
}

/** Of the newest item that knows; a quotient of two numbers of a log need not be one. */
function shareOf(progress: Live['progress']): number | undefined {
  const item = progress.findLast(({ done, total }) => done !== undefined && total !== undefined && total > 0)
  const share = (item?.done ?? 0) / (item?.total ?? 1)
  return item !== undefined && share >= 0 ? Math.min(1, share) : undefined
}
