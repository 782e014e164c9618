/** A stretch of inline Markdown: shown as HTML (the reader), as elements (the page) or as text (an answer). */
export type Span =
  | { readonly kind: 'text'; readonly text: string }
  /** `[1]`: the number of a source. */
  | { readonly kind: 'cite'; readonly number: number }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'em' | 'del'; readonly spans: readonly Span[] }
  | { readonly kind: 'link'; readonly href: string; readonly spans: readonly Span[] }

/** Whose words they are. Tags in a document are markup, which is left out; of an answer nothing may be missing, so there they are words. */
export type Origin = 'document' | 'answer'

/** How far a closing mark may stand from its opening one: keeps the time linear on hostile text. */
const REACH = 600
/** Marks inside marks inside marks are text. */
const DEPTH = 3

const SPECIAL = /[\\`*_~[!<]/g
const LINK = /^\[((?:[^[\]\\]|\\.){0,400})\]\(\s{0,9}<?([^\s<>)]{0,300})>?(?:\s{1,9}["'][^"']{0,200}["'])?\s{0,9}\)/
const CITE = /^\[(\d{1,2})\](?![(:])/
const REFERENCE = /^\[((?:[^[\]\\]|\\.){1,400})\]\[[^[\]]{0,100}\]/
const TAG = /^<(?:!--.{0,600}?-->|\/?[a-z][a-z0-9-]{0,30}(?:\s[^<>]{0,300})?\/?>)/is
const AUTOLINK = /^<((?:https?:\/\/|mailto:)[^\s<>]{1,300})>/i
/** Of a citation and the character behind it. */
const CITE_LENGTH = 5
const WORD = /[\p{L}\p{N}]/u

interface Read {
  readonly spans: readonly Span[]
  /** How many characters of the text it took. */
  readonly length: number
}

export function parseInline(text: string, origin: Origin = 'document', depth: number = 0): Span[] {
  const spans: Span[] = []
  let plain = ''
  let at = 0
  while (at < text.length) {
    SPECIAL.lastIndex = at
    const next = SPECIAL.exec(text)?.index ?? text.length
    plain += text.slice(at, next)
    at = next
    if (at === text.length) break
    const read = readMark(text, at, origin, depth)
    if (read) {
      if (plain !== '') spans.push({ kind: 'text', text: plain })
      plain = ''
      spans.push(...read.spans)
    } else {
      plain += text.charAt(at)
    }
    at += read?.length ?? 1
  }
  if (plain !== '') spans.push({ kind: 'text', text: plain })
  return spans
}

/** What a person reads, with code still between backticks. */
export function plainText(spans: readonly Span[]): string {
  return spans.map((span) => {
    if (span.kind === 'text') return span.text
    if (span.kind === 'cite') return `[${String(span.number)}]`
    if (span.kind === 'code') return span.text.includes('`') ? span.text : `\`${span.text}\``
    return plainText(span.spans)
  }).join('')
}

function readMark(text: string, at: number, origin: Origin, depth: number): Read | null {
  switch (text.charAt(at)) {
    case '\\':
      return readEscape(text, at)
    case '`':
      return readCode(text, at)
    case '<':
      return readAngle(text.slice(at, at + REACH), origin)
    case '!':
      return text.charAt(at + 1) === '[' ? widen(readLink(text.slice(at + 1, at + 1 + 2 * REACH), origin, DEPTH)) : null
    case '[':
      return readCite(text.slice(at, at + CITE_LENGTH)) ?? readLink(text.slice(at, at + 2 * REACH), origin, depth)
    default:
      return depth < DEPTH ? readEmphasis(text, at, origin, depth) : null
  }
}

function readEscape(text: string, at: number): Read | null {
  const escaped = text.charAt(at + 1)
  return /[!-/:-@[-`{-~]/.test(escaped) ? { spans: [{ kind: 'text', text: escaped }], length: 2 } : null
}

function readCode(text: string, at: number): Read | null {
  const fence = /^`+/.exec(text.slice(at, at + REACH))?.[0] ?? '`'
  const inside = text.slice(at + fence.length, at + fence.length + REACH)
  for (let close = inside.indexOf(fence); close !== -1; close = inside.indexOf(fence, close)) {
    const run = /^`+/.exec(inside.slice(close))?.[0].length ?? 0
    if (run === fence.length) {
      return { spans: [{ kind: 'code', text: inside.slice(0, close).trim() }], length: 2 * fence.length + close }
    }
    close += run
  }
  return { spans: [{ kind: 'text', text: fence }], length: fence.length }
}

function readCite(text: string): Read | null {
  const cite = CITE.exec(text)
  return cite && { spans: [{ kind: 'cite', number: Number(cite[1]) }], length: cite[0].length }
}

/** An image is its description. */
function widen(read: Read | null): Read | null {
  if (!read) return null
  const spans = read.spans.flatMap((span) => (span.kind === 'link' ? span.spans : [span]))
  return { spans, length: read.length + 1 }
}

function readLink(text: string, origin: Origin, depth: number): Read | null {
  const link = LINK.exec(text)
  if (link) {
    const spans = parseInline(link[1] ?? '', origin, Math.max(depth, 1) + 1)
    return { spans: [{ kind: 'link', href: link[2] ?? '', spans }], length: link[0].length }
  }
  // An answer has no list of what its references stand for.
  const reference = origin === 'document' ? REFERENCE.exec(text) : null
  return reference && { spans: parseInline(reference[1] ?? '', origin, DEPTH), length: reference[0].length }
}

function readAngle(text: string, origin: Origin): Read | null {
  const auto = AUTOLINK.exec(text)
  if (auto) {
    const href = auto[1] ?? ''
    return { spans: [{ kind: 'link', href, spans: [{ kind: 'text', text: href }] }], length: auto[0].length }
  }
  const tag = origin === 'document' ? TAG.exec(text) : null
  return tag && { spans: [], length: tag[0].length }
}

function readEmphasis(text: string, at: number, origin: Origin, depth: number): Read | null {
  const mark = text.charAt(at)
  const fence = text.charAt(at + 1) === mark ? mark + mark : mark
  // A row of marks is a drawing, not emphasis.
  if (text.startsWith(mark.repeat(4), at)) return { spans: [{ kind: 'text', text: mark.repeat(4) }], length: 4 }
  if (mark === '~' && fence.length === 1) return null
  const opensInWord = WORD.test(text.charAt(at - 1))
  const inside = text.slice(at + fence.length, at + fence.length + REACH)
  if (inside === '' || /^\s/.test(inside) || (mark === '_' && opensInWord)) return null
  const close = closeOf(inside, fence)
  if (close <= 0) return null
  const spans = parseInline(inside.slice(0, close), origin, depth + 1)
  const kind = mark === '~' ? 'del' : fence.length === 2 ? 'strong' : 'em'
  return { spans: [{ kind, spans }], length: 2 * fence.length + close }
}

function closeOf(inside: string, fence: string): number {
  for (let close = inside.indexOf(fence); close !== -1; close = inside.indexOf(fence, close + 1)) {
    const after = inside.charAt(close + fence.length)
    const touches = !/\s/.test(inside.charAt(close - 1)) && after !== fence.charAt(0)
    if (touches && !(fence.startsWith('_') && WORD.test(after))) return close
  }
  return -1
}
