// A word as UTS #18 has it (Annex C, `\w`), by which `\b` in the regular expressions of most languages goes.
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]/u
/** What belongs to the character before it. */
const EXTENDING = /[\p{M}\p{Emoji_Modifier}\u200c\u200d]/u
const JOINER = '\u200d'
/** Scripts that put no spaces between words, so that any two letters may be a border. */
const SPACELESS = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u

/** Whether a word may end after `before`, or begin with `after`. '' is the edge of the text. */
export function isBorder(before: string, after: string): boolean {
  if (before === '' || after === '') return true
  if (EXTENDING.test(after) || before === JOINER) return false
  return !WORD.test(before) || !WORD.test(after) || SPACELESS.test(before) || SPACELESS.test(after)
}

const DOTLESS_I = 'ı'

/** A character without its case. It never changes its length, so that places stay the same: `ß` stays `ß`. */
export function foldCase(char: string): string {
  // What most text is made of has one lower case, and is asked for most.
  if (char < '\x80') return char.toLowerCase()
  // Up, then down: so `ς` is `σ`, and the Kelvin sign is `k`.
  const upper = char.toUpperCase()
  const folded = (upper.length === char.length ? upper : char).toLowerCase()
  return folded.length === char.length && char !== DOTLESS_I ? folded : char
}
