import { escapeHtml } from '../dialect/escape.ts'
import { isEscaped, type EscapedValue } from '../dialect/escaped-value.ts'
import { MillraceError } from '../event/error.ts'

/** HTML that was escaped where it had to be. `String(html)` is the markup. */
export class Html {
  /** What `hono/html` and `hono/jsx` mark theirs with: either takes the other's as it is. */
  readonly isEscaped = true
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

/**
 * What stands for HTML: text, numbers, {@link Html}, what hono makes, and lists of these; nothing for
 * `null`, `undefined` and booleans. A string is text and is escaped.
 */
export type HtmlValue = string | number | bigint | boolean | null | undefined | EscapedValue | readonly HtmlValue[]

/**
 * Takes `markup` as HTML, unescaped: for what another library has rendered, such as
 * `raw(render(<Row />))` with preact. Never for anything a user wrote.
 */
export function raw(markup: { toString(): string }): Html {
  return new Html(markup.toString())
}

/** @throws MillraceError `invalid_event` for what has no HTML, or has it only later */
export function markupOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(markupOf).join('')
  if (!isEscaped(value)) throw notHtml('This is no HTML. Make it a string, which is escaped, or say `raw(markup)`.')
  // A tree of hono's with an asynchronous part gives a promise.
  const markup: unknown = value instanceof Promise ? null : value.toString()
  if (typeof markup === 'string') return markup
  throw notHtml('This element is not rendered yet: await it first.')
}

function notHtml(message: string): MillraceError {
  return new MillraceError('invalid_event', message)
}
