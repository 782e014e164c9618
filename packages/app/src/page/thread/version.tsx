import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import type { Turn as StoredTurn } from 'millrace/client'
import type { ChatMessage } from 'millrace/react'
import { hrefOf } from '../address.ts'
import { chat } from '../chat.ts'
import { codeOf } from '../trouble.ts'
import { Outcome } from './outcome.tsx'
import { Turn } from './turn.tsx'
import { troubleWords } from './words.ts'

/** The turns before it that are read with a version. */
const BEFORE = 20

type Read = readonly StoredTurn[] | { readonly code: string } | null

/** A conversation as it led to one answer, which another may have taken the place of since. It is only to be read. */
export function Version({ conversation, turn }: { readonly conversation: string; readonly turn: string }): ReactElement {
  const [read, setRead] = useState<Read>(null)
  useEffect(() => {
    let isShown = true
    const show = (what: Read): void => {
      if (isShown) setRead(what)
    }
    chat.history({ conversationId: conversation }, { at: turn, limit: BEFORE }).then(({ turns }) => show(turns), (error: unknown) => show({ code: codeOf(error) }))
    return () => {
      isShown = false
    }
  }, [conversation, turn])
  return (
    <div className="thread">
      <p className="version-note">This is an earlier version. <a href={hrefOf(conversation)}>Go to the newest</a></p>
      {read !== null && 'code' in read && <Outcome isCalm={false} text={troubleWords(read.code)} ways={[]} />}
      {read !== null && !('code' in read) && read.map((one) => (
        <Turn key={one.id} question={questionOf(one)} answer={answerOf(one)} conversation={conversation} actions={null} live={null} isBusy={false} />
      ))}
    </div>
  )
}

function questionOf({ id, query }: StoredTurn): ChatMessage {
  return { id: `${id}?`, turn: id, role: 'user', content: query, sources: [], status: 'sent' }
}

function answerOf({ id, content, sources, status, error, supersedes }: StoredTurn): ChatMessage {
  return { id, turn: id, role: 'assistant', content, sources, status, ...(error === undefined ? {} : { error }), ...(supersedes === undefined ? {} : { supersedes }) }
}
