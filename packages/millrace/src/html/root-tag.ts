import { MillraceError } from '../event/error.ts'

/** Parts of tables, and what each may stand in. */
const PARENTS: Readonly<Record<string, string>> = {
  tr: 'tbody', td: 'tr', th: 'tr', tbody: 'table', thead: 'table', tfoot: 'table', caption: 'table', colgroup: 'table', col: 'colgroup',
}
/** What a comment holds ends at the first `-->`: were it left open, a row of them could be read in too many ways. */
const ROOT = /^\s*(?:<!--(?:(?!-->)[^])*-->\s*)*<([a-z][^\s/>]*)/i
/** An attribute of the root tag, quoted or not. */
const ATTRIBUTE = /[\s/]+([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/y

function rootOf(markup: string): string {
  return ROOT.exec(markup)?.[1]?.toLowerCase() ?? ''
}

/** Whether a parser reads this element's tag only inside a table, or at the head of a message. */
export function isTablePart(markup: string): boolean {
  return Object.hasOwn(PARENTS, rootOf(markup))
}

/** A carrier in which this markup keeps its tags: a row in a `div` would lose them. */
export function wrapperOf(markup: string): string {
  return isTablePart(markup) ? (PARENTS[rootOf(markup)] ?? 'div') : 'div'
}

/**
 * Puts id and `hx-swap-oob` on the one element that `markup` begins with. An id of its own stays; if it is
 * another one, the element is sent to the target by a selector.
 * @throws MillraceError `invalid_request` where there is no element, or it has an `hx-swap-oob` already
 */
export function markRoot(markup: string, id: string, mode: string): string {
  const head = ROOT.exec(markup)?.[0]
  if (head === undefined) throw new MillraceError('invalid_request', 'Only an element can take the place of another: wrap the text in one.')
  const own = attributesOf(markup, head.length)
  if (own.has('hx-swap-oob')) throw new MillraceError('invalid_request', 'The element says already where it goes: add it without a target.')
  const ownId = own.get('id')
  if (ownId === undefined) return `${head} id="${id}" hx-swap-oob="${mode}"${markup.slice(head.length)}`
  const swap = ownId === id ? mode : `${mode === 'true' ? 'outerHTML' : mode}:#${id}`
  return `${head} hx-swap-oob="${swap}"${markup.slice(head.length)}`
}

function attributesOf(markup: string, from: number): Map<string, string> {
  const attributes = new Map<string, string>()
  ATTRIBUTE.lastIndex = from
  for (let found = ATTRIBUTE.exec(markup); found; found = ATTRIBUTE.exec(markup)) {
    const [, name = '', double, single, bare] = found
    attributes.set(name.toLowerCase(), double ?? single ?? bare ?? '')
  }
  return attributes
}
