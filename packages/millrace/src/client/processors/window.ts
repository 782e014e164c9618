import { Characters } from './characters.ts'
import type { Machine } from './machine.ts'
import { through } from './through.ts'

export interface WindowOptions {
  /** Keep so much of the text, in UTF-16 units. */
  readonly characters: number
  /** And no more lines than so many. Default: any number. */
  readonly lines?: number
}

/** The end of a text that may be very long. */
export interface View {
  /** What is left of the text. */
  readonly text: string
  /** What stood before it: so many UTF-16 units, and so many line feeds. */
  readonly dropped: { readonly characters: number; readonly lines: number }
}

/**
 * The newest part of a text after each piece of it, in bounded memory. It never begins inside a
 * character or a line end.
 */
export function window(source: AsyncIterable<string>, options: WindowOptions): AsyncIterableIterator<View, undefined> {
  return through(source, new SlidingWindow(options))
}

/** Two units that are one character, or one line end. */
const INSIDE = /[\ud800-\udbff][\udc00-\udfff]|\r\n/

/**
 * The view is two strings: an older one, which is cut off at its front, and a newer one, which grows and
 * takes its place once that is used up. So each character is copied once, however long the text.
 */
export class SlidingWindow implements Machine<string, View> {
  readonly #size: number
  readonly #lines: number
  readonly #characters: Characters = new Characters()
  #older = ''
  #newer = ''
  /** Where the view begins in {@link #older}. */
  #begin = 0
  /** Line feeds in the view. */
  #feeds = 0
  #isInLine = false
  #dropped = { characters: 0, lines: 0 }
  #lastDropped = ''

  constructor({ characters, lines = Infinity }: WindowOptions) {
    this.#size = characters
    this.#lines = lines
  }

  push(text: string): readonly View[] {
    return this.#add(this.#characters.take(text))
  }

  end(): readonly View[] {
    return this.#add(this.#characters.rest())
  }

  #add(text: string): View[] {
    if (text === '') return []
    this.#newer += text
    this.#feeds += feedsIn(text)
    this.#isInLine = !text.endsWith('\n')
    this.#drop(this.#length - this.#size)
    while (this.#length > 0 && this.#feeds + (this.#isInLine ? 1 : 0) > this.#lines) this.#dropLine()
    return [{ text: this.#older.slice(this.#begin) + this.#newer, dropped: this.#dropped }]
  }

  get #length(): number {
    return this.#older.length - this.#begin + this.#newer.length
  }

  #drop(count: number): void {
    for (let left = count; left > 0;) left -= this.#cut(left)
    if (count > 0 && INSIDE.test(this.#lastDropped + (this.#front()[this.#begin] ?? ''))) this.#cut(1)
  }

  #dropLine(): void {
    while (this.#length > 0) {
      const feed = this.#front().indexOf('\n', this.#begin)
      this.#cut(feed < 0 ? Infinity : feed + 1 - this.#begin)
      if (feed >= 0) return
    }
    this.#isInLine = false
  }

  /** The string that holds the first character of the view. */
  #front(): string {
    if (this.#begin === this.#older.length) {
      this.#older = this.#newer
      this.#newer = ''
      this.#begin = 0
    }
    return this.#older
  }

  /** Drops so much of the front, as far as that goes. Returns how much it was. */
  #cut(count: number): number {
    const cut = this.#front().slice(this.#begin, this.#begin + count)
    const feeds = feedsIn(cut)
    this.#begin += cut.length
    this.#feeds -= feeds
    this.#lastDropped = cut.at(-1) ?? ''
    this.#dropped = { characters: this.#dropped.characters + cut.length, lines: this.#dropped.lines + feeds }
    return cut.length
  }
}

function feedsIn(text: string): number {
  return text.split('\n').length - 1
}
