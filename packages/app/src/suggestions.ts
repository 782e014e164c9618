import { escapeHtml } from './reader/html.ts'
import { toAsset } from './responses.ts'
import type { Asset } from './responses.ts'
import type { SearchIndex } from './search/search-index.ts'

const PLACE = '<!--suggestions-->'
const COUNT = 4

/** The front page with questions that these documents answer: headings that are questions. */
export function withSuggestions(page: Asset, index: SearchIndex): Asset {
  const items = questionsIn(index).map((question) => `<p>${escapeHtml(question)}</p>`)
  const html = new TextDecoder().decode(page.bytes).replace(PLACE, () => items.join(''))
  return toAsset(new TextEncoder().encode(html), page.type, false)
}

function questionsIn(index: SearchIndex): string[] {
  const headings = [...index.passages.values()].filter((passage) => passage.heading !== null).map((passage) => passage.headings.at(-1) ?? '')
  const questions = [...new Set(headings)].filter((heading) => heading.endsWith('?') && heading.length <= 80)
  // Spread over the documents rather than the first ones of the first.
  const step = Math.max(1, Math.floor(questions.length / COUNT))
  return questions.filter((_, at) => at % step === 0).slice(0, COUNT)
}
