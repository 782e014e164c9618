import { Automaton } from './automaton.ts'
import { Characters } from './characters.ts'
import type { Machine } from './machine.ts'
import type { Piece } from './piece.ts'
import { through } from './through.ts'
import { foldCase, isBorder } from './words.ts'

/**
 * Marks `keywords` in a text: whole words, in any case, also across the places where it was cut. Of
 * keywords that overlap the first is marked, and the longest of those that begin together. The time
 * it takes grows with the text, not with the number of keywords. Code from `codeBlocks` passes unread.
 */
export function highlight(source: AsyncIterable<string | Piece>, keywords: Iterable<string>): AsyncIterableIterator<Piece, undefined> {
  return through(source, new Highlighter(keywords))
}

interface Match {
  readonly keyword: string
  readonly end: number
}

export class Highlighter implements Machine<string | Piece, Piece> {
  readonly #automaton: Automaton
  readonly #characters: Characters = new Characters()
  /** Read and not given out, from {@link #given} to {@link #read}. Places count from the start of the text. */
  #text = ''
  #given = 0
  #read = 0
  /** The character before {@link #text}, and the last of what was read. */
  #before = ''
  #last = ''
  /** By where they begin, the longest match there. */
  readonly #matches: Map<number, Match> = new Map()

  constructor(keywords: Iterable<string>) {
    this.#automaton = new Automaton(keywords, foldCase)
  }

  push(said: string | Piece): readonly Piece[] {
    if (typeof said !== 'string' && said.code) return [...this.end(), said]
    this.#search(this.#characters.take(typeof said === 'string' ? said : said.text))
    // What begins later than the automaton looks back can no longer change.
    return this.#giveTo(this.#read - this.#automaton.state.depth)
  }

  end(): readonly Piece[] {
    this.#search(this.#characters.rest())
    this.#match('')
    this.#last = ''
    const pieces = this.#giveTo(this.#read)
    this.#before = ''
    return pieces
  }

  #search(text: string): void {
    this.#text += text
    for (const char of text) {
      this.#match(char)
      this.#automaton.take(char)
      this.#read += char.length
      this.#last = char
    }
  }

  /** Notes the keywords that end here, now that `next` is known. */
  #match(next: string): void {
    const { found } = this.#automaton.state
    if (found.length === 0 || !isBorder(this.#last, next)) return
    for (const { keyword, length } of found) {
      const begin = this.#read - length
      if (begin >= this.#given && this.#isBorderAt(begin - this.#given)) this.#matches.set(begin, { keyword, end: this.#read })
    }
  }

  #isBorderAt(index: number): boolean {
    const before = index === 0 ? this.#before : lastCharacter(this.#text, index)
    return isBorder(before, String.fromCodePoint(this.#text.codePointAt(index) ?? 0))
  }

  /** Gives out what begins before `limit`. */
  #giveTo(limit: number): Piece[] {
    const pieces: Piece[] = []
    let plain = this.#given
    let at = this.#matches.size === 0 ? Math.max(plain, limit) : plain
    while (at < limit) {
      const match = this.#matches.get(at)
      if (match === undefined) {
        at += 1
        continue
      }
      if (plain < at) pieces.push({ text: this.#slice(plain, at) })
      pieces.push({ text: this.#slice(at, match.end), match: match.keyword })
      for (; at < match.end; at += 1) this.#matches.delete(at)
      plain = at
    }
    if (plain < at) pieces.push({ text: this.#slice(plain, at) })
    if (at > this.#given) {
      this.#before = lastCharacter(this.#text, at - this.#given)
      this.#text = this.#text.slice(at - this.#given)
      this.#given = at
    }
    return pieces
  }

  #slice(from: number, to: number): string {
    return this.#text.slice(from - this.#given, to - this.#given)
  }
}

/** The character that ends before `end`. */
function lastCharacter(text: string, end: number): string {
  return /(?:[\ud800-\udbff][\udc00-\udfff]|[^])$/.exec(text.slice(Math.max(0, end - 2), end))?.[0] ?? ''
}
