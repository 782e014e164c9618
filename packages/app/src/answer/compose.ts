import { clip } from '../clip.ts'
import { toMarkdown } from '../markdown/escape.ts'
import { passageUrl } from '../reader/url.ts'
import type { Passage } from '../search/passages.ts'
import type { Found, Results } from '../search/search-index.ts'
import { scoreOf, sentencesOf } from './sentences.ts'
import type { Sentence } from './sentences.ts'

export interface Source {
  readonly title: string
  readonly url: string
  readonly relevance: number
  readonly excerpt: string
}

/** Everything an answer will say, before a word of it is streamed. */
export interface Answer {
  readonly text: string
  readonly sources: readonly Source[]
}

/** How many sentences the best passage may give, the next one, and so on. */
const SHARES = [4, 3, 2, 2]
const EXCERPT_LENGTH = 220
const CODE_LENGTH = 900
/** A sentence this much weaker than its passage's best one is left out. */
const LEAST_SCORE = 0.35
/** What a sentence has of the one before it, and of its heading, less with each sentence between. */
const AFTER = 0.4
const LEAD = 0.8

const NOTHING_FOUND =
  'I found nothing about that in these documents. I only quote what they say, so there is no answer to give. ' +
  'Other words may help: name the thing you are after as the documents would.'

/** A sentence and its place in its passage. */
type Chosen = Sentence & { readonly at: number }

/** How many passages an answer is made of at most. */
export const PASSAGE_LIMIT: number = SHARES.length

/**
 * An answer made of the documents' own sentences, in their own order, each paragraph followed by
 * the number of its source, in Markdown. Nothing is made up, so the same question has the same answer.
 */
export function compose(results: Results): Answer {
  const said = new Set<string>()
  const paragraphs: string[] = []
  const sources: Source[] = []
  for (const [rank, found] of results.found.slice(0, SHARES.length).entries()) {
    const chosen = choose(found, results.weights, SHARES[rank] ?? 1).filter(({ text }) => !said.has(text))
    if (chosen.length === 0) continue
    for (const { text } of chosen) said.add(text)
    sources.push(toSource(found, chosen))
    paragraphs.push(toParagraph(chosen, sources.length))
  }
  return paragraphs.length === 0 ? { text: NOTHING_FOUND, sources: [] } : { text: paragraphs.join('\n\n'), sources }
}

function choose(found: Found, weights: ReadonlyMap<string, number>, share: number): Chosen[] {
  const sentences = sentencesOf(found.passage)
  const scores = scoresOf(sentences, found.passage, weights)
  const best = scores.reduce((most, score) => Math.max(most, score), 0)
  const ranked = sentences.map((_, at) => at)
    .filter((at) => (scores[at] ?? 0) >= best * LEAST_SCORE)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
  const chosen = new Set(ranked.slice(0, share))
  for (const at of [...chosen]) {
    // "For example:" is nothing without what follows it, and an example little without its sentence.
    if (sentences[at]?.text.endsWith(':') === true && at + 1 < sentences.length) chosen.add(at + 1)
    if (sentences[at]?.kind === 'code' && sentences[at - 1]?.kind === 'prose') chosen.add(at - 1)
  }
  return sentences.map((sentence, at) => ({ ...sentence, at }))
    .filter(({ kind, text, at }) => chosen.has(at) && (kind !== 'code' || text.length <= CODE_LENGTH))
}

/** A sentence also says something by its place: first under a fitting heading, or right after one that fits. */
function scoresOf(sentences: readonly Sentence[], passage: Passage, weights: ReadonlyMap<string, number>): number[] {
  const own = sentences.map((sentence) => scoreOf(sentence, weights))
  const heading = scoreOf({ kind: 'prose', text: passage.headings.at(-1) ?? '' }, weights)
  return own.map((score, at) => score + (own[at - 1] ?? 0) * AFTER + heading * LEAD ** at)
}

function toParagraph(sentences: readonly Sentence[], number: number): string {
  const last = sentences.findLastIndex((sentence) => sentence.kind !== 'code')
  const cite = `[${String(number)}]`
  const alone = sentences.length === 1
  let text = ''
  for (const [at, sentence] of sentences.entries()) {
    const cited = at === last ? ` ${cite}` : ''
    if (sentence.kind === 'code') text = `${text.trimEnd()}\n\n\`\`\`\n${sentence.text}\n\`\`\`\n\n`
    else if (sentence.kind === 'prose' || alone) text += `${text === '' || text.endsWith('\n') ? '' : ' '}${toMarkdown(sentence.text)}${cited}`
    else text += `${text === '' || text.endsWith('\n') ? '' : '\n'}- ${toMarkdown(sentence.text)}${cited}\n`
  }
  return last === -1 ? text.trimStart() + cite : text.trim()
}

function toSource(found: Found, chosen: readonly Chosen[]): Source {
  const { passage, relevance } = found
  return { title: passage.title, url: passageUrl(passage.document, passage.anchor), relevance, excerpt: excerptOf(chosen) }
}

/** The chosen sentences, shortened, with a mark where others stand between them. */
function excerptOf(chosen: readonly Chosen[]): string {
  const prose = chosen.filter((sentence) => sentence.kind !== 'code')
  const quoted = (prose.length > 0 ? prose : chosen).reduce((text, sentence, n, all) => {
    const joint = n === 0 ? '' : all[n - 1]?.at === sentence.at - 1 ? ' ' : ' … '
    return text + joint + sentence.text.replaceAll('`', '')
  }, '')
  return quoted.length <= EXCERPT_LENGTH ? quoted : `${clip(quoted, EXCERPT_LENGTH).replace(/\s+\S*$/, '')} …`
}
