/** The element of the page with this id. */
export function find<E extends HTMLElement>(id: string, type: new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} called ${id}`)
  return element
}

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** An address that a citation may lead to: this site or the web, never `javascript:`. */
export function safeHref(href: string): string | null {
  if (!URL.canParse(href, location.href)) return null
  const url = new URL(href, location.href)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null
}
