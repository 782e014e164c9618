import { PublicError } from '../event/error.ts'
import type { Entry } from '../event/run-event.ts'
import { defineRun, type RunDefinition } from '../run/define.ts'

/** The kind that conversations are, by the name an app gives it. */
export const CONVERSATION = 'conversation'
/** What its log says: it is called so from here on. */
const TITLE = 'title'
/** As much as a run's record keeps of one. */
const TITLE_LENGTH = 200

export interface ConversationInput {
  /** Empty: the first question will be. */
  readonly title: string
}

type Checks = { readonly rename: (value: unknown) => ConversationInput; readonly suggest: (value: unknown) => ConversationInput }

/**
 * The kind of run that a conversation is: it waits for ever, and is told when it is called otherwise. Its group holds the
 * questions with their answers. Name it `conversation`.
 */
export const conversation: RunDefinition<ConversationInput, null, ConversationInput, Checks> = defineRun<ConversationInput, null, ConversationInput, Checks>({
  input: toTitled,
  title: ({ title }) => title,
  recover: 'resume',
  // It has nothing that a lost process could spoil: it goes on however many were.
  attempts: Infinity,
  signals: { rename: toTitled, suggest: toTitled },
  async *run({ input, resumed, signals }) {
    let { title } = input
    if (resumed) for await (const entry of resumed.entries()) title = titleIn(entry) ?? title
    for await (const { id, type, data } of signals) {
      // What somebody called it stays.
      if (type === 'suggest' && title !== '') continue
      title = data.title
      yield { type: TITLE, title, signal: id }
    }
    return null
  },
})

/** What an entry of a conversation's log calls it; `null` where it does not. */
export function titleIn(entry: Entry): string | null {
  const { type, title } = entry as { readonly type: string; readonly title?: unknown }
  return type === TITLE && typeof title === 'string' ? title : null
}

/** Whether an entry says what came of the signal. */
export function answersSignal(entry: Entry, id: string): boolean {
  const { type, signal } = entry as { readonly type: string; readonly signal?: unknown }
  return type === TITLE && signal === id
}

function toTitled(value: unknown): ConversationInput {
  const { title = '' } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  if (typeof title === 'string' && title.length <= TITLE_LENGTH) return { title }
  throw new PublicError('invalid_title', `A \`title\` is a text of at most ${String(TITLE_LENGTH)} characters.`)
}
