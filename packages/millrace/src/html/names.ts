import { safeUrl } from '../dialect/escape.ts'
import { MillraceError } from '../event/error.ts'

/** Attributes that hold an address. `srcset` and `style` hold more than text can be checked for, and are not here. */
export const URL_ATTRIBUTES: ReadonlySet<string> = new Set([
  'href', 'src', 'action', 'formaction', 'cite', 'poster', 'hx-get', 'hx-post', 'hx-put', 'hx-patch', 'hx-delete', 'sse-connect', 'hx-sse:connect',
])

const PLAIN: ReadonlySet<string> = new Set([
  'id', 'class', 'title', 'alt', 'name', 'value', 'for', 'form', 'type', 'role', 'lang', 'dir', 'placeholder', 'label', 'width', 'height', 'min',
  'max', 'step', 'rows', 'cols', 'colspan', 'rowspan', 'scope', 'headers', 'datetime', 'target', 'rel', 'method', 'tabindex', 'open', 'checked',
  'selected', 'disabled', 'hidden', 'autocomplete', 'nonce', 'integrity', 'start', 'low', 'high', 'optimum', 'accept', 'pattern', 'maxlength',
])
const FAMILIES = /^(?:aria|data)-[a-z][a-z0-9-]*$/
/** `data-hx-on` is as good as `hx-on`, and both run what they hold. */
const ACTING = /^data-(?:hx|sse|ws)-/

/** Whether text in this attribute is only text: neither a script nor a style nor an address. */
export function isSafeAttribute(name: string): boolean {
  return PLAIN.has(name) || (FAMILIES.test(name) && !ACTING.test(name))
}

/** A name that means itself in an attribute and in a CSS selector alike. */
const ID = /^[A-Za-z_][\w-]{0,127}$/

/** @throws MillraceError `invalid_request` */
export function checkId(id: string): string {
  if (typeof id === 'string' && ID.test(id)) return id
  throw new MillraceError('invalid_request', 'An id begins with a letter or _, and has up to 128 letters, digits, - and _.')
}

/** An address of the web or of this site, as it was given. @throws MillraceError `invalid_request` */
export function checkUrl(url: string): string {
  if (typeof url === 'string' && safeUrl(url) !== null) return url
  throw new MillraceError('invalid_request', 'A script sends its form to a `url` of the web or of this site, such as `/runs/KIND`.')
}

/** How htmx puts an element into the page; all of these mean the same in htmx 2 and 4. */
export type SwapMode = 'innerHTML' | 'outerHTML' | 'textContent' | 'beforebegin' | 'afterbegin' | 'beforeend' | 'afterend' | 'delete'

const MODES: readonly string[] = ['innerHTML', 'outerHTML', 'textContent', 'beforebegin', 'afterbegin', 'beforeend', 'afterend', 'delete']

/** @throws MillraceError `invalid_request` */
export function checkSwapMode(mode: string): SwapMode {
  if (MODES.includes(mode)) return mode as SwapMode
  throw new MillraceError('invalid_request', `There is no such swap mode. Known: ${MODES.join(', ')}.`)
}
