import { MillraceError } from '../event/error.ts'
import { markupOf, Html, type HtmlValue } from './markup.ts'
import { checkId, checkSwapMode, type SwapMode } from './names.ts'
import { isTablePart, markRoot, wrapperOf } from './root-tag.ts'

/** `[element]`, `[element, targetId]`, `[element, targetId, swapMode]` or `[element, targetId, swapMode, wrap]`. */
export type OobElement = readonly [element: HtmlValue, targetId?: string | null | undefined, swapMode?: SwapMode | undefined, wrap?: boolean | undefined]

/** What an {@link OobElement} holds. */
const MOST = 4

/** Gathers what one message changes in several places of a page (htmx's out-of-band swaps), the same for htmx 2 and 4. */
export class OobStream {
  #elements: Html[] = []

  /** What was added, as it will be sent. */
  get elements(): readonly Html[] {
    return this.#elements
  }

  /**
   * @param element a string is text and is escaped; `html`, hono's elements and `raw` are HTML
   * @param targetId without one the element is the message's main content
   * @param wrap true (default): what comes into or beside the target is put into a carrier with its id. False,
   *   and always for `outerHTML`: the element itself carries id and mode; as `innerHTML` it takes the target's place
   * @throws MillraceError `invalid_request` for an id or mode that is not allowed, or text that can carry neither
   */
  addElement(element: HtmlValue, targetId?: string | null, swapMode: SwapMode = 'innerHTML', wrap: boolean = true): this {
    const markup = markupOf(element)
    const mode = checkSwapMode(swapMode)
    this.#elements.push(new Html(targetId === undefined || targetId === null ? markup : placed(markup, checkId(targetId), mode, wrap)))
    return this
  }

  addElements(elements: readonly OobElement[]): this {
    for (const one of elements) {
      if (!Array.isArray(one) || one.length < 1 || one.length > MOST) {
        throw new MillraceError('invalid_request', 'Each of the elements is a list of one to four: [element, targetId, swapMode, wrap].')
      }
      const [element, targetId, swapMode, wrap] = one
      this.addElement(element, targetId, swapMode, wrap)
    }
    return this
  }

  /**
   * The message: one element as it is, several one after the other, nothing for none. Parts of tables
   * come first: behind anything else, a browser's parser drops their tags.
   */
  build(): Html {
    const all = this.#elements.map(String)
    return new Html([...all.filter(isTablePart), ...all.filter((markup) => !isTablePart(markup))].join(''))
  }

  clear(): this {
    this.#elements = []
    return this
  }
}

export function createOobStream(): OobStream {
  return new OobStream()
}

function placed(markup: string, id: string, mode: SwapMode, wrap: boolean): string {
  if (!wrap || mode === 'outerHTML') return markRoot(markup, id, mode === 'innerHTML' ? 'true' : mode)
  const tag = wrapperOf(markup)
  return `<${tag} id="${id}" hx-swap-oob="${mode}">${markup}</${tag}>`
}
