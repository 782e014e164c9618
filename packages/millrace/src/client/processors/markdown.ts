import { Fences, type Part } from './fences.ts'
import { wholeLength } from './inline.ts'
import type { Machine } from './machine.ts'
import { through } from './through.ts'

/**
 * The same Markdown, cut only where it can be shown: never inside a link, an image, emphasis, a code
 * span, a tag, an address, or the line of a fence. What has come so far is then rendered as it will
 * look later, except for blocks that later lines change (tables, underlined headings). It renders
 * nothing itself. At most some 3,000 characters are held back, and only by what looks like a link.
 */
export function markdown(source: AsyncIterable<string>): AsyncIterableIterator<string, undefined> {
  return through(source, new MarkdownSplitter())
}

/** The same for text that is no iterable, but grows in the state of a page: each call gives out what can be shown by now. */
export class MarkdownSplitter implements Machine<string, string> {
  readonly #fences: Fences = new Fences()
  #held = ''
  /** The character before {@link #held}. */
  #before = ''

  push(text: string): readonly string[] {
    return whole(this.#partsOf(this.#fences.push(text)))
  }

  end(): readonly string[] {
    return whole(this.#partsOf(this.#fences.end()) + this.#rest())
  }

  #partsOf(parts: readonly Part[]): string {
    return parts.map(({ type, text }) => (type === 'text' ? this.#take(text) : this.#rest() + text)).join('')
  }

  #take(text: string): string {
    const held = this.#held + text
    const length = wholeLength(held, this.#before)
    this.#held = held.slice(length)
    if (length > 0) this.#before = held[length - 1] ?? ''
    return held.slice(0, length)
  }

  /** A block of code, or the end: what came before it stays what it is. */
  #rest(): string {
    const rest = this.#held
    this.#held = ''
    this.#before = ''
    return rest
  }
}

function whole(text: string): string[] {
  return text === '' ? [] : [text]
}
