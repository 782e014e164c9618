import { safeUrl } from '../dialect/escape.ts'
import { MillraceError } from '../event/error.ts'
import { isSafeAttribute, URL_ATTRIBUTES } from './names.ts'

/** What a value in a template stands for. `own-url`: an address of the page's own site. */
export type Context = 'content' | 'attribute' | 'url' | 'own-url'

/** Elements whose content is not read as HTML. */
const OPAQUE: readonly string[] = ['script', 'style', 'textarea', 'title', 'iframe', 'noscript', 'xmp', 'noembed', 'noframes', 'plaintext']
/** Of these, what takes text with entities: escaped text is safe there. */
const TEXT_ONLY: readonly string[] = ['textarea', 'title']

/** Elements that run, or look for everything else at, what is at their address: no value may lead them to another site. */
const LOADING: readonly string[] = ['script', 'link', 'base', 'embed']
/** So much of an address that what follows cannot change the site. */
const SITE = /^(?:https?:\/\/[^/?#\\\uFFFC]+)?\/[^/\\\uFFFC]/i

const TAG_NAME = /^<(\/?)([a-z][^\s/>]*)/i
const ATTRIBUTE = /^[\s/]+([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)(")?|'([^']*)(')?|([^\s"'>]*)))?/

/** Where the reading of a template stands. */
interface Place {
  /** `tag`: between attributes. `value`: inside a quoted attribute. `raw`: in an element that holds no HTML. */
  in: 'content' | 'tag' | 'value' | 'raw'
  element: string
  attribute: string
  quote: string
  /** What the attribute's value holds so far; a value of the template's is one `HOLE`. */
  before: string
}
const HOLE = '\uFFFC'

/**
 * The context of each value of a template. A value never changes how what follows is read: whatever
 * could is refused, so the literal pieces alone decide.
 * @throws MillraceError `invalid_event`
 */
export function contextsOf(strings: readonly string[]): readonly Context[] {
  const place: Place = { in: 'content', element: '', attribute: '', quote: '', before: '' }
  return strings.slice(0, -1).map((piece) => {
    read(piece, place)
    return contextAt(place)
  })
}

function contextAt(place: Place): Context {
  switch (place.in) {
    case 'content':
      return 'content'
    case 'raw':
      if (TEXT_ONLY.includes(place.element)) return 'attribute'
      throw refused(`inside <${place.element}>`)
    case 'tag':
      throw refused(`inside the tag <${place.element}>, outside of a quoted attribute`)
    case 'value':
      return contextInValue(place)
  }
}

function contextInValue(place: Place): Context {
  const { attribute, before, element } = place
  place.before += HOLE
  if (isSafeAttribute(attribute)) return 'attribute'
  if (!URL_ATTRIBUTES.has(attribute)) throw refused(`in the attribute ${attribute}`)
  const isLoading = LOADING.includes(element)
  if (before === '') return isLoading ? 'own-url' : 'url'
  if (isLoading && !SITE.test(before)) throw refused(`in ${attribute} of <${element}>, where it could lead to another site`)
  // Two values side by side could make up a scheme that neither has; behind one of these there is none to come.
  if (/[/?#:]/.test(before) && safeUrl(before) !== null) return 'attribute'
  throw refused(`in the middle of ${attribute}, before the address's first / or ?`)
}

/** Reads one piece on from `place`. */
function read(piece: string, place: Place): void {
  for (let rest = piece; rest !== ''; ) rest = advance(rest, place)
}

/** @returns what is left */
function advance(rest: string, place: Place): string {
  if (place.in === 'value') return leaveValue(rest, place)
  if (place.in === 'raw') return leaveRaw(rest, place)
  return place.in === 'tag' ? readAttribute(rest, place) : readContent(rest, place)
}

function readContent(rest: string, place: Place): string {
  const start = rest.indexOf('<')
  if (start === -1) return ''
  const from = rest.slice(start)
  if (from.startsWith('<!--')) {
    const end = from.indexOf('-->', 4)
    if (end === -1) throw refused('inside a comment')
    return from.slice(end + 3)
  }
  const tag = TAG_NAME.exec(from)
  // `<` before a value would make a tag of it.
  if (!tag) return from.length === 1 || from === '</' || from.startsWith('<!') ? afterOddTag(from) : from.slice(1)
  Object.assign(place, { in: 'tag', element: `${tag[1] ?? ''}${(tag[2] ?? '').toLowerCase()}` })
  const after = from.slice(tag[0].length)
  if (after === '') throw refused('in the name of an element')
  return after
}

function afterOddTag(from: string): string {
  const end = from.indexOf('>')
  if (end === -1) throw refused('right after <')
  return from.slice(end + 1)
}

function readAttribute(rest: string, place: Place): string {
  const end = /^[\s/]*>/.exec(rest)
  if (end) {
    place.in = OPAQUE.includes(place.element) ? 'raw' : 'content'
    return rest.slice(end[0].length)
  }
  const found = ATTRIBUTE.exec(rest)
  if (!found) return rest.trim() === '' ? '' : unreadable(place)
  const [whole, name = '', double, doubleEnd, single, singleEnd] = found
  const open = (double !== undefined && doubleEnd === undefined) || (single !== undefined && singleEnd === undefined)
  const after = rest.slice(whole.length)
  if (open) Object.assign(place, { in: 'value', attribute: name.toLowerCase(), quote: double === undefined ? "'" : '"', before: double ?? single })
  else if (after === '' && double === undefined && single === undefined) throw refused(`in the unquoted attribute ${name}`)
  return after
}

function leaveValue(rest: string, place: Place): string {
  const end = rest.indexOf(place.quote)
  if (end === -1) {
    place.before += rest
    return ''
  }
  place.in = 'tag'
  return rest.slice(end + 1)
}

function leaveRaw(rest: string, place: Place): string {
  const end = rest.toLowerCase().indexOf(`</${place.element}`)
  if (end === -1) return ''
  place.in = 'content'
  return rest.slice(end)
}

function unreadable({ element }: Place): never {
  throw new MillraceError('invalid_event', `The tag <${element}> of this template cannot be read.`)
}

function refused(where: string): MillraceError {
  return new MillraceError('invalid_event', `A value cannot stand ${where}: nothing would make it safe there.`)
}
