import type { EarlierTurn } from 'millrace/chat'
import type { ModelMessage } from 'millrace/model'
import { clip } from '../clip.ts'
import { passageUrl } from '../reader/url.ts'
import { blockText } from '../search/passages.ts'
import type { Passage } from '../search/passages.ts'
import type { Found, Results } from '../search/search-index.ts'
import type { Source } from './compose.ts'
import type { Asked, Plan } from './writer.ts'

/** What a model is asked, with the sources it is given. */
export interface Prompt extends Plan {
  readonly messages: readonly ModelMessage[]
}

/** How much a model can be asked. */
export interface Room {
  readonly tokens: number
  count(text: string): number
}

const RULES = 'Answer from these sources and cite them by number, like [1].'
const NO_SOURCES = 'The documents hold nothing about this. Say so.'
const EXCERPT_LENGTH = 220
/** Less than this of a passage says nothing. */
const LEAST = 40
/** How much of the room may be what was said before: what the documents say matters more. */
const PAST = 1 / 3

/** The question with the passages that were found as numbered sources, the best first, as many as there is room for. */
export function promptOf({ question, history }: Asked, results: Results, room: Room): Prompt {
  const shown: string[] = []
  const sources: Source[] = []
  const ask = `Question: ${question}\n\nAnswer:`
  const past = pastOf(history, room)
  let left = room.tokens - room.count(`${RULES}\n\n${ask}`) - sizeOf(past, room)
  for (const { passage, relevance } of results.found) {
    const head = `[${String(sources.length + 1)}] ${passage.title}\n`
    const text = fit(textOf(passage), left - room.count(`${head}\n\n`), room)
    if (text.length < LEAST) break
    shown.push(head + text)
    sources.push(toSource(passage, relevance, text))
    left -= room.count(`${head}${text}\n\n`)
  }
  const messages = [
    { role: 'system', text: sources.length === 0 ? NO_SOURCES : RULES },
    ...past,
    { role: 'user', text: [...shown, ask].join('\n\n') },
  ] as const
  return { messages, sources }
}

/** The newest questions with their answers that there is room for, the oldest first. */
function pastOf(history: readonly EarlierTurn[], room: Room): ModelMessage[] {
  let past: ModelMessage[] = []
  for (const { query, content } of history.toReversed()) {
    const longer: ModelMessage[] = [{ role: 'user', text: query }, { role: 'assistant', text: content }, ...past]
    if (content === '' || sizeOf(longer, room) > room.tokens * PAST) break
    past = longer
  }
  return past
}

function sizeOf(messages: readonly ModelMessage[], room: Room): number {
  return messages.reduce((sum, { text }) => sum + room.count(`${text}\n\n`), 0)
}

/** As much of a text's beginning, in whole words, as `tokens` are enough for. */
function fit(text: string, tokens: number, room: Room): string {
  let fitting = text
  for (let needed = room.count(fitting); needed > tokens && fitting !== ''; needed = room.count(fitting)) {
    // A little less than its share, so that a few rounds are enough.
    const length = Math.floor((fitting.length * Math.max(0, tokens) * 0.95) / needed)
    fitting = clip(fitting, length).replace(/\s*\S*$/, '')
  }
  return fitting
}

function textOf(passage: Passage): string {
  return passage.blocks.map(blockText).join('\n\n')
}

function toSource(passage: Passage, relevance: Found['relevance'], text: string): Source {
  const excerpt = text.length <= EXCERPT_LENGTH ? text : `${clip(text, EXCERPT_LENGTH).replace(/\s+\S*$/, '')} …`
  return { title: passage.title, url: passageUrl(passage.document, passage.anchor), relevance, excerpt }
}
