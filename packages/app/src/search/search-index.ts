import MiniSearch from 'minisearch'
import type { Document, Passage } from './passages.ts'
import { blockText } from './passages.ts'
import { termOf, termsOf, wordsOf } from './terms.ts'

export interface Found {
  readonly passage: Passage
  /** 0 to 1: how much of what the question asks about this passage speaks of. */
  readonly relevance: number
}

export interface Results {
  readonly found: readonly Found[]
  /** What the question asks about: each term with its weight; rare terms weigh more. */
  readonly weights: ReadonlyMap<string, number>
}

/** A passage that speaks of less than this share of the question does not answer it. */
const LEAST_COVERAGE = 0.3
/** Beside a passage that is this much better, one only seems to answer. */
const LEAST_SHARE = 0.45
const BOOST = { heading: 2.5, headings: 1.5, text: 1 }

interface Row {
  readonly id: string
  readonly heading: string
  readonly headings: string
  readonly text: string
}

/** All passages of a folder, in memory. */
export class SearchIndex {
  readonly documents: ReadonlyMap<string, Document>
  readonly passages: ReadonlyMap<string, Passage>
  readonly #engine: MiniSearch<Row>
  /** In how many passages a term stands. */
  readonly #counts = new Map<string, number>()

  constructor(documents: readonly Document[]) {
    this.documents = new Map(documents.map((document) => [document.name, document]))
    const passages = documents.flatMap((document) => document.passages).filter((passage) => passage.blocks.length > 0)
    this.passages = new Map(passages.map((passage) => [passage.id, passage]))
    this.#engine = new MiniSearch<Row>({ fields: Object.keys(BOOST), tokenize: wordsOf, processTerm: termOf })
    for (const row of passages.map(toRow)) {
      this.#engine.add(row)
      for (const term of termsOf(`${row.headings} ${row.heading} ${row.text}`)) {
        this.#counts.set(term, (this.#counts.get(term) ?? 0) + 1)
      }
    }
  }

  search(question: string, limit: number): Results {
    const weights = new Map([...termsOf(question)].map((term) => [term, this.#weight(term)]))
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
    const hits = this.#engine.search(question, {
      boost: BOOST,
      prefix: (term) => term.length >= 4,
      // A word nobody wrote is perhaps misspelt; one that stands in the documents is not.
      fuzzy: (term) => (term.length >= 5 && !this.#counts.has(term) ? 0.2 : false),
      weights: { prefix: 0.4, fuzzy: 0.3 },
    })
    const best = hits[0]?.score ?? 1
    const found = hits.flatMap((hit) => {
      const passage = this.passages.get(String(hit.id))
      const coverage = hit.queryTerms.reduce((sum, term) => sum + (weights.get(term) ?? 0), 0) / total
      if (!passage || coverage < LEAST_COVERAGE) return []
      return [{ passage, relevance: Math.round(100 * coverage * (0.4 + 0.6 * hit.score / best)) / 100 }]
    })
    found.sort((a, b) => b.relevance - a.relevance || (a.passage.id < b.passage.id ? -1 : 1))
    const least = (found[0]?.relevance ?? 0) * LEAST_SHARE
    return { found: found.filter((one) => one.relevance >= least).slice(0, limit), weights }
  }

  #weight(term: string): number {
    return Math.log(1 + (this.passages.size + 1) / ((this.#counts.get(term) ?? 0) + 0.5))
  }
}

function toRow(passage: Passage): Row {
  return {
    id: passage.id,
    heading: passage.headings.at(-1) ?? passage.document,
    headings: [passage.document, ...passage.headings].join(' '),
    text: passage.blocks.map(blockText).join('\n'),
  }
}
