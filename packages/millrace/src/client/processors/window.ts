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
    while (this.#feeds + (this.#isInLine ? 1 : 0) > this.#lines) this.#dropLine()
    return [{ text: this.#older.slice(this.#begin) + this.#newer, dropped: this.#dropped }]
  }

  get #length(): number {
    return this.#older.length - this.#begin + this.#newer.length
  }

  #drop(count: number): void {
    for (let left = count; left > 0;) left -= this.#cut(Math.min(left, this.#front().length - this.#begin))
    if (count > 0 && isInside(this.#lastDropped, this.#front()[this.#begin] ?? '')) this.#cut(1)
  }

  #dropLine(): void {
    for (let isDone = false; !isDone && this.#length > 0;) {
      const front = this.#front()
      const feed = front.indexOf('\n', this.#begin)
      isDone = feed >= 0
      this.#cut((isDone ? feed + 1 : front.length) - this.#begin)
    }
    if (this.#length === 0) this.#isInLine = false
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

  #cut(count: number): number {
    const cut = this.#older.slice(this.#begin, this.#begin + count)
    const feeds = feedsIn(cut)
    this.#begin += count
    this.#feeds -= feeds
    this.#lastDropped = cut.at(-1) ?? ''
    this.#dropped = { characters: this.#dropped.characters + count, lines: this.#dropped.lines + feeds }
    return count
  }
}

function feedsIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

/** Whether a place between these two is inside a character or a line end. */
function isInside(before: string, after: string): boolean {
  return (before === '\r' && after === '\n') || (/[\ud800-\udbff]/.test(before) && /[\udc00-\udfff]/.test(after))
}
