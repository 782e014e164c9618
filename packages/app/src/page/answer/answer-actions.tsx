import { memo, useState } from 'react'
import type { ReactElement } from 'react'
import type { ChatMessage } from 'millrace/react'
import { hrefOf } from '../address.ts'
import { CopyButton } from '../copy-button.tsx'
import { Icon } from '../icon.tsx'
import { Code } from '../markdown/code.tsx'
import { curlOf } from './curl.ts'

interface AnswerActionsProps {
  readonly message: ChatMessage
  readonly conversation: string | null
  /** `null`: this answer can't be asked anew from here. */
  readonly onRegenerate: (() => void) | null
}

/** What can be done with an answer that is there. */
export const AnswerActions = memo(function AnswerActions({ message, conversation, onRegenerate }: AnswerActionsProps): ReactElement {
  const { turn, content, supersedes } = message
  const [hasCurl, setHasCurl] = useState(false)
  return (
    <div className="actions-and-curl">
      <div className="actions">
        <CopyButton text={content} label="Copy" of="Copy the answer" />
        {onRegenerate !== null && <button type="button" className="quiet" onClick={onRegenerate}><Icon name="again" />Regenerate</button>}
        {turn !== null && (
          <button type="button" className="quiet" aria-expanded={hasCurl} onClick={() => setHasCurl(!hasCurl)}><Icon name="terminal" />curl</button>
        )}
        {supersedes !== undefined && conversation !== null && (
          <a className="quiet version" href={hrefOf(conversation, supersedes)}><Icon name="previous" />Version before</a>
        )}
      </div>
      {hasCurl && turn !== null && <Code text={curlOf(turn, location.origin)} language="The same answer, from its log" />}
    </div>
  )
})
