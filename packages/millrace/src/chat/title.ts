import { entriesOf } from '../event/lines.ts'
import { randomNonce } from '../run/ids.ts'
import { landing } from '../run/landing.ts'
import type { Context } from '../server/context.ts'
import type { RunRecord } from '../store/store.ts'
import { answersSignal, titleIn } from './conversation.ts'

/** Characters of a first question that name a conversation. */
const SUGGESTED = 80

/** What a conversation is called now. A read of one entry, where it was not given its title at the start. */
export async function titleOf({ store }: Context, { id, title, tail }: RunRecord): Promise<string> {
  if (tail === 1) return title
  const { batches } = await store.read(id, tail - 1, 1)
  const titles = batches.flatMap((batch) => [...entriesOf(batch, tail - 1)]).map(titleIn)
  return titles.findLast((found) => found !== null) ?? title
}

/** Resolves when the conversation's log says so: whoever lists it then finds it by its new name. */
export async function rename(context: Context, conversation: RunRecord, title: string): Promise<void> {
  const { id, tail } = conversation
  const signal = randomNonce()
  const log = context.tails.of(conversation)
  const release = log.hold()
  try {
    await context.worker.signal(conversation, 'rename', { title }, signal)
    for (let at = tail; !log.ended; ) {
      await landing(log, at)
      const { batches } = await context.store.read(id, at, Infinity)
      const entries = batches.flatMap((batch) => [...entriesOf(batch, at)])
      if (entries.some((entry) => answersSignal(entry, signal))) return
      at = entries.at(-1)?.offset ?? at
    }
  } finally {
    release()
  }
}

/** Calls a conversation by its first question, where nobody called it anything. Nobody waits for it, and no answer fails for it. */
export function suggestTitle(context: Context, conversation: RunRecord, query: string): void {
  if (conversation.title !== '' || conversation.tail > 1) return
  context.worker.signal(conversation, 'suggest', { title: clipped(query) }, 'suggest').catch((error: unknown) => {
    context.logger.warn('A conversation was not called by its first question.', { run: conversation.id, error })
  })
}

/** In one line, never cut inside a character. */
function clipped(query: string): string {
  const line = query.replaceAll(/\s+/g, ' ').trim()
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment)
  return characters.length <= SUGGESTED ? line : `${characters.slice(0, SUGGESTED - 1).join('').trimEnd()}…`
}
