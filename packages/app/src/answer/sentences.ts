import { clip } from '../clip.ts'
import { plainText } from '../markdown/inline.ts'
import type { Block } from '../markdown/blocks.ts'
import { blockText } from '../search/passages.ts'
import type { Passage } from '../search/passages.ts'
import { termsOf } from '../search/terms.ts'

/** The smallest piece of a passage that can be quoted by itself. */
export interface Sentence {
  readonly text: string
  readonly kind: 'prose' | 'item' | 'row' | 'code'
}

/** Longer "sentences" are data or lists in disguise: their beginning says what they are. */
const SENTENCE_LENGTH = 600
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })
/** A full stop after these ends nothing. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|etc|cf|vs|approx|no|fig|sec|dr|mr|mrs|ms|st)\.\s*$/i
/** A row of a table says less by itself than a sentence does, and code less again. */
const KIND_WEIGHT = { prose: 1, item: 0.95, row: 0.6, code: 0.25 }

export function sentencesOf(passage: Passage): Sentence[] {
  return passage.blocks.flatMap(blockSentences).map((sentence) => {
    const whole = sentence.kind === 'code' || sentence.text.length <= SENTENCE_LENGTH
    return whole ? sentence : { ...sentence, text: `${clip(sentence.text, SENTENCE_LENGTH)} …` }
  })
}

/** How much of what is asked the sentence speaks of, measured against its length. */
export function scoreOf(sentence: Sentence, weights: ReadonlyMap<string, number>): number {
  const terms = [...termsOf(sentence.text)]
  let score = 0
  for (const [term, weight] of weights) {
    if (terms.includes(term)) score += weight
    else if (term.length >= 4 && terms.some((other) => other.startsWith(term))) score += weight / 2
  }
  // Short enough to say one thing, long enough to say it whole.
  return (score * KIND_WEIGHT[sentence.kind]) / Math.sqrt(Math.max(terms.length, 8))
}

function blockSentences(block: Block): Sentence[] {
  switch (block.kind) {
    case 'list':
      return block.items.map(({ spans }) => ({ text: plainText(spans), kind: 'item' }))
    case 'table':
      return block.rows.slice(1).map((row) => ({ text: row.map(plainText).filter((cell) => cell !== '').join(' · '), kind: 'row' }))
    case 'code':
      return [{ text: block.text, kind: 'code' }]
    default:
      return splitProse(blockText(block)).map((text) => ({ text, kind: 'prose' }))
  }
}

export function splitProse(text: string): string[] {
  const sentences: string[] = []
  let open = ''
  for (const { segment } of segmenter.segment(text)) {
    open += segment
    // Code may hold full stops of its own: a sentence never ends between backticks, within reason.
    const inCode = open.split('`').length % 2 === 0
    if (open.length < SENTENCE_LENGTH && (inCode || ABBREVIATION.test(open))) continue
    sentences.push(open.trim())
    open = ''
  }
  sentences.push(open.trim())
  return sentences.filter((sentence) => sentence !== '')
}
