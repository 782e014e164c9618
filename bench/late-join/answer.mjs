const WORDS = ['the ', 'mill ', 'grinds ', 'while ', 'water ', 'runs, ', 'and ', 'so ', 'it ', 'goes.\n']
/** The last token: once it is there, a reader of a running run has all there is. */
export const LAST = 'the-last-of-them'

/** What a model says: `count` tokens, four and a half characters each. */
export function tokensOf(count) {
  return [...Array.from({ length: count - 1 }, (_, index) => WORDS[(index * 7) % WORDS.length]), LAST]
}
