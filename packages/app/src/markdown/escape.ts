import { parseMarkdown } from './blocks.ts'
import type { Span } from './inline.ts'
import { plainText } from './inline.ts'

const MARKS = /`[^`\n]+`|[\\*_~[]/g
const LINE_MARK = /^(?:[#>+=|-]|`{3}|~{3})/
const NUMBER = /^(\d{1,9})([.)])/

/** Markdown that says exactly these words. Most sentences are that already, and are easier to read in a terminal without backslashes. */
export function toMarkdown(text: string): string {
  const [block, ...more] = parseMarkdown(text, 'answer')
  if (more.length === 0 && block?.kind === 'paragraph' && isPlain(block.spans) && plainText(block.spans) === text) return text
  return text
    .replace(MARKS, (mark) => (mark.length > 1 ? mark : `\\${mark}`))
    .replace(LINE_MARK, (mark) => `\\${mark}`)
    .replace(NUMBER, '$1\\$2')
}

function isPlain(spans: readonly Span[]): boolean {
  return spans.every(({ kind }) => kind === 'text' || kind === 'code')
}
