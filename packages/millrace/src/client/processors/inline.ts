import { SHAPES } from './shapes.ts'

/** So far apart, in UTF-16 units, the marks around emphasis are looked for. */
const EMPHASIS = 300
/** Longer runs of stars, underscores and tildes are text. */
const LONGEST_MARK = 3
/** What begins no construct. */
const PLAIN = /[^\\`*_~[!<&\nh]+/y
/** A line that so far is nothing but marks, and may become a list, a rule or the underline of a heading. */
const MARKS = /[ \t]{0,20}(?:[-=+#>*_][-=+#>*_ \t]{0,80}|\d{1,9}[.)]?[ \t]{0,9})?$/y
const BLANK_LINE = /\n[ \t]*\n/y
/** Behind anything else an address is no link (GFM). */
const BEFORE_ADDRESS = /^$|[\s*_~(]/
const WORD = /[\p{L}\p{N}]/u

interface Opener {
  readonly char: string
  readonly length: number
  readonly at: number
}

/**
 * How much of a Markdown text, outside of fenced code, can be given out without cutting a construct in
 * two. Whatever stood before was given out by the same rule, so that it need not be read again.
 *
 * @param before the character before the text; '' and a line feed begin a line
 */
export function wholeLength(text: string, before: string): number {
  return new Inline(text, before).read()
}

class Inline {
  readonly #text: string
  readonly #before: string
  #at = 0
  /** Marks of emphasis that nothing has closed yet. */
  #open: Opener[] = []

  constructor(text: string, before: string) {
    this.#text = text
    this.#before = before
  }

  read(): number {
    while (this.#at < this.#text.length && this.#goOn());
    const first = this.#open.find(({ at }) => this.#at - at <= EMPHASIS)
    return first?.at ?? this.#at
  }

  /** False where the rest may become something. */
  #goOn(): boolean {
    const text = this.#text
    const before = this.#charBefore()
    if (before === '' || before === '\n') {
      if (this.#matches(MARKS)) return false
    }
    if (this.#skip(PLAIN)) return true
    const char = text[this.#at] ?? ''
    // A run of marks is one mark; what remains of one that was too long for that is text.
    if (char === before && '*_~`'.includes(char)) return this.#pass(1)
    if ('*_~'.includes(char)) return this.#emphasis(char)
    if (this.#matches(BLANK_LINE)) this.#open = []
    const shapes = char === 'h' && !BEFORE_ADDRESS.test(before) ? [] : (SHAPES.get(char) ?? [])
    if (shapes.some(({ whole }) => this.#skip(whole))) return true
    if (shapes.some(({ begun }) => this.#matches(begun))) return false
    return this.#pass(1)
  }

  #pass(length: number): true {
    this.#at += length
    return true
  }

  #emphasis(char: string): boolean {
    const before = this.#charBefore()
    const at = this.#at
    const length = /^(.)\1*/.exec(this.#text.slice(at, at + LONGEST_MARK + 1))?.[0].length ?? 0
    const after = this.#text[at + length] ?? ''
    if (length > LONGEST_MARK) return this.#pass(length)
    if (after === '') return false
    this.#at += length
    if (char === '~' && length !== 2) return true
    const closes = /\S/.test(before) && !(char === '_' && WORD.test(after))
    const opens = /\S/.test(after) && !(char === '_' && WORD.test(before))
    if (!(closes && this.#close(char, length)) && opens) this.#open.push({ char, length, at })
    return true
  }

  /** Whether such a mark was open. What was opened inside it is text. */
  #close(char: string, length: number): boolean {
    this.#open = this.#open.filter(({ at }) => this.#at - at <= EMPHASIS)
    let left = length
    while (left > 0) {
      const last = this.#open.findLastIndex((opener) => opener.char === char)
      if (last < 0) break
      left -= this.#open[last]?.length ?? 0
      this.#open.length = last
    }
    return left < length
  }

  #charBefore(): string {
    return this.#at === 0 ? this.#before : (this.#text[this.#at - 1] ?? '')
  }

  #skip(pattern: RegExp): boolean {
    if (!this.#matches(pattern)) return false
    this.#at = pattern.lastIndex
    return true
  }

  #matches(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    return pattern.test(this.#text)
  }
}
