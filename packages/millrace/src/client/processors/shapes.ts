/** A construct of a line of Markdown: how it looks whole, and how while it may still become that. */
export interface Shape {
  readonly whole: RegExp
  readonly begun: RegExp
}

const WORDS = 300
const ADDRESS = 1000
/** Any character that ends no paragraph, `but` some. */
const not = (but: string): string => `(?:(?!\\n[ \\t]*\\n)[^${but}])`
const ESCAPED = '\\\\(?:[^]|$)'
const ANY = `(?:${not('[\\]\\\\')}|${ESCAPED}){0,${WORDS}}`
/** With one pair of brackets inside: that of an image. */
const LABEL = `${ANY}(?:\\[[^[\\]]{0,${WORDS}}(?:\\]|$)${ANY})?`
const GAP = '[ \\t\\n]{0,9}'
const SPACE = '[ \\t\\n]{1,9}'
const UNQUOTED = `(?:[^\\s()<\\\\]|\\\\(?:\\S|$)){0,${ADDRESS}}`
const TARGET = `${UNQUOTED}(?:\\([^\\s()]{0,${WORDS}}(?:\\)|$)${UNQUOTED})?`

/** @param parts whose every beginning each of them matches too, as far as the text goes */
function shape(...parts: readonly string[]): Shape {
  return {
    whole: new RegExp(parts.join(''), 'y'),
    begun: new RegExp(`${parts.reduceRight((rest, part) => `(?:${part}${rest})?`, '')}$`, 'y'),
  }
}

/** `[label]` and what may follow it. */
function labelled(...parts: readonly string[]): Shape {
  return shape('!?', '\\[', LABEL, '\\]', ...parts)
}

const ESCAPE = [shape('\\\\', '[^]')]
const LINKS = [
  labelled('\\[', `[^[\\]]{0,${WORDS}}`, '\\]'),
  ...[TARGET, `<[^<>\\n]{0,${ADDRESS}}(?:>|$)`].flatMap((target) => [
    labelled('\\(', GAP, target, GAP, '\\)'),
    ...[['"', '"'], ["'", "'"], ['\\(', '\\)']].map(([open = '', close = '']) =>
      labelled('\\(', GAP, target, SPACE, open, `(?:${not(`${close}\\\\`)}|\\\\(?:[^]|$)){0,${WORDS}}`, close, GAP, '\\)')),
  ]),
  labelled('(?=[^([])'),
]
const CODE = [shape('(`{1,9})(?!`)', `(?:${not('`')}|(?!\\1(?!\`))\`{1,9}(?!\`)){0,${WORDS}}`, '\\1(?!`)', '(?=[^])')]
const TAG = [shape('<', '[a-zA-Z/!?]', `${not('<>')}{0,${WORDS}}`, '>')]
const ENTITY = [shape('&', '[#a-zA-Z]', '[a-zA-Z0-9]{0,31}', ';')]
const URL = [shape('h', 't', 't', 'p', 's?', ':', '/', '/', `[^\\s<>]{0,${ADDRESS}}`, '(?=[\\s<>])')]

/** By the character they begin with. */
export const SHAPES: ReadonlyMap<string, readonly Shape[]> = new Map([
  ['\\', ESCAPE], ['[', LINKS], ['!', LINKS], ['`', CODE], ['<', TAG], ['&', ENTITY], ['h', URL],
])
