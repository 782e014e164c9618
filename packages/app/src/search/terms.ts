/** Words that say nothing about what a question is about. */
const STOPWORDS: ReadonlySet<string> = new Set(
  ('a about after all also an and any are as at be been before but by can could did do does for from get had happen happened happens has have how i ' +
    'if in into is it its itself just like me more most my no not of off on once one only or other our out over own same ' +
    'should so some such than that the their them then there these they this those to too under up us use very was we were ' +
    'what when where which while who whom whose why will with without work works would you your tell explain describe please').split(' '),
)

/** Scripts written without spaces need a dictionary to be cut into words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]/u
const WORD = /[\p{L}\p{M}\p{N}]+/gu
const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

/** The words of a text, as written. */
export function wordsOf(text: string): string[] {
  if (!UNSPACED.test(text)) return text.match(WORD) ?? []
  return [...segmenter.segment(text)].filter((part) => part.isWordLike === true).map((part) => part.segment)
}

/** The form under which a word is found, or `null` for one that says nothing. */
export function termOf(word: string): string | null {
  const lower = word.normalize('NFKC').toLowerCase()
  return STOPWORDS.has(lower) || (lower.length === 1 && /[a-z]/.test(lower)) ? null : stem(lower)
}

/** The distinct terms of a text, in order. */
export function termsOf(text: string): Set<string> {
  const terms = wordsOf(text).map(termOf)
  return new Set(terms.filter((term) => term !== null))
}

/** Cuts English endings, so that "resumes", "resumed" and "resuming" are one term. */
function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
  const singular = word.replace(/ies$/, 'y').replace(/([^s])s$/, '$1')
  const root = singular.length > 5 ? singular.replace(/(?:ing|ed|er|ly)$/, '') : singular.replace(/ed$/, '')
  return (root.length >= 3 ? root : singular).replace(/([^aeiouls])\1$/, '$1').replace(/e$/, '')
}
