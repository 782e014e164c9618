import { escapeHtml, safeUrl } from '../dialect/escape.ts'
import { MillraceError } from '../event/error.ts'
import { contextsOf, type Context } from './contexts.ts'
import { Html, markupOf, type HtmlValue } from './markup.ts'

const known = new WeakMap<TemplateStringsArray, readonly Context[]>()

/**
 * HTML with values in it, each escaped by where it stands: text in content, text in a quoted
 * attribute, an address in `href` and its like. Anywhere else a value is refused.
 *
 * @throws MillraceError `invalid_event` for a value in a script, a style, a comment, a tag, an unquoted
 *   attribute or one that is not on the list, and for an address such as `javascript:`
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const contexts = known.get(strings) ?? contextsOf(strings)
  known.set(strings, contexts)
  return new Html(strings.reduce((out, piece, at) => out + written(contexts[at - 1] ?? 'content', values[at - 1]) + piece))
}

/** Whether it leads to the page's own site wherever that is: no scheme, no host. */
function isOwn(url: string): boolean {
  return ['http://a.invalid', 'https://b.invalid'].every((site) => URL.canParse(url, site) && new URL(url, site).origin === site)
}

function written(context: Context, value: HtmlValue): string {
  if (context === 'content') return markupOf(value)
  const text = Array.isArray(value) ? value.join(' ') : String(value ?? '')
  if (context === 'attribute') return escapeHtml(text)
  const url = safeUrl(text)
  if (url !== null && context === 'own-url' && !isOwn(url)) {
    throw new MillraceError('invalid_event', 'This address leads to another site, and this element would run what is there.')
  }
  if (url === null) throw new MillraceError('invalid_event', 'This address leads neither to the web nor to this site.')
  return escapeHtml(url)
}
