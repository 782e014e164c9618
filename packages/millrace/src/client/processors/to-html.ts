import { escapeHtml } from '../../dialect/escape.ts'
import type { Machine } from './machine.ts'
import type { CodeBlock, Piece } from './piece.ts'
import { through } from './through.ts'

/**
 * Pieces as HTML: keywords in `<mark>`, code in `<pre><code>`, everything escaped. An element may
 * begin in one string and end in a later one, so they belong into one response, or are joined.
 */
export function toHtml(source: AsyncIterable<Piece>): AsyncIterableIterator<string, undefined> {
  return through(source, new HtmlWriter())
}

class HtmlWriter implements Machine<Piece, string> {
  #code: CodeBlock | undefined

  push({ text, match, code }: Piece): readonly string[] {
    const escaped = escapeHtml(text)
    const html = this.#enter(code) + (match === undefined ? escaped : `<mark>${escaped}</mark>`)
    return html === '' ? [] : [html]
  }

  end(): readonly string[] {
    const html = this.#enter(undefined)
    return html === '' ? [] : [html]
  }

  #enter(code: CodeBlock | undefined): string {
    if (code === this.#code) return ''
    const close = this.#code ? '</code></pre>' : ''
    this.#code = code
    if (!code) return close
    return `${close}<pre><code${code.language === '' ? '' : ` class="language-${escapeHtml(code.language)}"`}>`
  }
}
