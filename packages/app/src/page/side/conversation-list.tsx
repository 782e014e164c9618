import type { ReactElement } from 'react'
import type { ConversationInfo } from 'millrace/client'
import { ConversationRow } from './conversation-row.tsx'
import type { Conversations } from './use-conversations.ts'

interface ConversationListProps {
  readonly conversations: Conversations
  readonly current: string | null
  readonly onChosen: () => void
  /** The conversation that is shown is no more. */
  readonly onRemoved: () => void
}

export function ConversationList({ conversations, current, onChosen, onRemoved }: ConversationListProps): ReactElement {
  const { list, hasMore, more, rename, remove } = conversations
  const onRemove = async (id: string): Promise<void> => {
    await remove(id)
    if (id === current) onRemoved()
  }
  return (
    <nav className="conversations" aria-label="Earlier conversations">
      {list?.length === 0 && <p className="note">Your conversations will be listed here.</p>}
      {byDay(list ?? []).map(({ day, rows }) => (
        <section key={day} aria-label={day}>
          <h2>{day}</h2>
          <ul>
            {rows.map((row) => (
              <ConversationRow key={row.conversationId} row={row} isCurrent={row.conversationId === current} onChosen={onChosen} onRename={rename} onRemove={onRemove} />
            ))}
          </ul>
        </section>
      ))}
      {hasMore && <button type="button" className="quiet more" onClick={() => void more()}>Show earlier ones</button>}
    </nav>
  )
}

interface Day {
  readonly day: string
  readonly rows: ConversationInfo[]
}

/** They come newest first, so those of a day stand together. */
function byDay(list: readonly ConversationInfo[]): Day[] {
  const days: Day[] = []
  for (const row of list) {
    const day = dayOf(row.createdAt)
    const last = days.at(-1)
    if (last?.day === day) last.rows.push(row)
    else days.push({ day, rows: [row] })
  }
  return days
}

function dayOf(time: number): string {
  const date = new Date(time)
  const midnight = new Date().setHours(0, 0, 0, 0)
  if (time >= midnight) return 'Today'
  if (time >= new Date(midnight - 1).setHours(0, 0, 0, 0)) return 'Yesterday'
  return date.toLocaleDateString(undefined, { month: 'long', year: 'numeric' })
}
