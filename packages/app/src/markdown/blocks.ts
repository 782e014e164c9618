import { parseInline } from './inline.ts'
import type { Origin, Span } from './inline.ts'

/** What a document or an answer is made of. The reader and the page show blocks, the index cuts passages of them. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph' | 'quote'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly start: number; readonly items: readonly Item[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly Span[])[])[] }

export interface Item {
  /** In how many items of the same list it stands. */
  readonly depth: number
  readonly spans: readonly Span[]
}

/*
 * Each costs linear time on any line: no two neighbouring repetitions may share a character they could
 * fight over, and a `.` stands for the line separators of Unicode too, so that `.*$` never fails.
 */
const FENCE = /^(\s*)(`{3,}|~{3,}(?!~))[^`]*$/
const HEADING = /^ {0,3}(#{1,6})\s+(.*)$/s
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/
const UNDERLINE = /^ {0,3}(=+|-+)\s*$/
const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/s
const DELIMITERS = /^[\s|:-]+$/
const QUOTE = /^ {0,3}> ?(.*)$/s
const BLANK = /^\s*$/

/** Reads the Markdown people write in a README. What it does not know is a paragraph. */
export function parseMarkdown(text: string, origin: Origin = 'document'): Block[] {
  return new MarkdownReader(text, origin).blocks()
}

/** Whether a line begins an item of a list. */
export function isItem(line: string): boolean {
  return ITEM.test(line)
}

/** Plain text has paragraphs and no markup. */
export function parsePlain(text: string): Block[] {
  return text.split(/\n\s*\n/).map((part) => part.replace(/\s+/g, ' ').trim()).filter((part) => part !== '')
    .map((part) => ({ kind: 'paragraph', spans: [{ kind: 'text', text: part }] }))
}

class MarkdownReader {
  readonly #lines: readonly string[]
  readonly #origin: Origin
  #at = 0

  constructor(text: string, origin: Origin) {
    this.#lines = text.split('\n')
    this.#origin = origin
    if (origin === 'document') this.#skipFrontMatter()
  }

  blocks(): Block[] {
    const blocks: Block[] = []
    while (this.#at < this.#lines.length) {
      const block = this.#code() ?? this.#indented() ?? this.#heading() ?? this.#gap() ??
        this.#table() ?? this.#list() ?? this.#quote() ?? this.#paragraph()
      if (block !== 'gap') blocks.push(block)
    }
    return blocks
  }

  #line(ahead: number = 0): string {
    return this.#lines[this.#at + ahead] ?? ''
  }

  #inline(text: string): Span[] {
    return parseInline(text, this.#origin)
  }

  #skipFrontMatter(): void {
    if (this.#lines[0] !== '---') return
    const close = this.#lines.indexOf('---', 1)
    if (close !== -1) this.#at = close + 1
  }

  #code(): Block | null {
    const open = FENCE.exec(this.#line())
    if (!open) return null
    const [, indent = '', fence = ''] = open
    const lines: string[] = []
    for (this.#at += 1; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#line()
      if (line.trim().startsWith(fence) && line.trim().replaceAll(fence.charAt(0), '') === '') break
      lines.push(line.startsWith(indent) ? line.slice(indent.length) : line.trimStart())
    }
    this.#at += 1
    return { kind: 'code', text: lines.join('\n') }
  }

  #indented(): Block | null {
    if (!/^(?: {4}|\t)\s*\S/.test(this.#line())) return null
    const lines: string[] = []
    for (; this.#at < this.#lines.length && (/^(?: {4}|\t)/.test(this.#line()) || BLANK.test(this.#line())); this.#at += 1) {
      lines.push(this.#line().replace(/^(?: {4}|\t)/, ''))
    }
    return { kind: 'code', text: lines.join('\n').trimEnd() }
  }

  #heading(): Block | null {
    const match = HEADING.exec(this.#line())
    if (!match) return null
    this.#at += 1
    return { kind: 'heading', level: match[1]?.length ?? 1, spans: this.#inline((match[2] ?? '').trimEnd().replace(/ #+$/, '').trimEnd()) }
  }

  #gap(): 'gap' | null {
    const line = this.#line()
    if (!BLANK.test(line) && !RULE.test(line)) return null
    this.#at += 1
    return 'gap'
  }

  #table(): Block | null {
    if (!this.#line().includes('|') || !this.#line(1).includes('-') || !DELIMITERS.test(this.#line(1))) return null
    const rows = [this.#cells()]
    for (this.#at += 2; this.#line().includes('|') && !BLANK.test(this.#line()); this.#at += 1) rows.push(this.#cells())
    return { kind: 'table', rows }
  }

  #cells(): Span[][] {
    const inner = this.#line().trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '')
    return inner.split(/(?<!\\)\|/).map((cell) => this.#inline(cell.replaceAll('\\|', '|').trim()))
  }

  #list(): Block | null {
    const first = ITEM.exec(this.#line())
    if (!first) return null
    const items: { readonly depth: number; readonly lines: string[] }[] = []
    /** Of the items that the next one may stand in. */
    const indents: number[] = []
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#line()
      const item = ITEM.exec(line)
      if (item) items.push({ depth: depthOf(item[1]?.length ?? 0, indents), lines: [item[3] ?? ''] })
      else if (BLANK.test(line) ? !this.#itemFollows() : this.#interrupts()) break
      else if (!BLANK.test(line)) items.at(-1)?.lines.push(line.trim())
    }
    return {
      kind: 'list', ordered: first[2] !== undefined, start: Number(first[2] ?? 1),
      items: items.map(({ depth, lines }) => ({ depth, spans: this.#inline(lines.join(' ').trim()) })),
    }
  }

  /** A blank line ends a list unless the list goes on after it. */
  #itemFollows(): boolean {
    const next = this.#line(1)
    return ITEM.test(next) || (/^\s{2,}\S/.test(next) && !FENCE.test(next))
  }

  #quote(): Block | null {
    const lines: string[] = []
    for (let match = QUOTE.exec(this.#line()); match; match = QUOTE.exec(this.#line())) {
      lines.push(match[1]?.trim() ?? '')
      this.#at += 1
    }
    return lines.length === 0 ? null : { kind: 'quote', spans: this.#inline(lines.join(' ').trim()) }
  }

  #paragraph(): Block {
    const lines = [this.#line().trim()]
    for (this.#at += 1; this.#at < this.#lines.length; this.#at += 1) {
      const underline = UNDERLINE.exec(this.#line())
      if (underline) {
        this.#at += 1
        const level = underline[1]?.startsWith('=') === true ? 1 : 2
        return { kind: 'heading', level, spans: this.#inline(lines.join(' ')) }
      }
      if (BLANK.test(this.#line()) || this.#interrupts() || ITEM.test(this.#line())) break
      lines.push(this.#line().trim())
    }
    // An answer may be a poem or an address: its lines stay lines.
    return { kind: 'paragraph', spans: this.#inline(lines.join(this.#origin === 'answer' ? '\n' : ' ')) }
  }

  #interrupts(): boolean {
    const line = this.#line()
    return FENCE.test(line) || HEADING.test(line) || QUOTE.test(line) || RULE.test(line)
  }
}

/** @param indents of the item before and those it stands in, outermost first; this one takes its place among them. */
function depthOf(indent: number, indents: number[]): number {
  while (indents.length > 0 && indent < (indents.at(-1) ?? 0)) indents.pop()
  if (indents.length === 0 || indent >= (indents.at(-1) ?? 0) + 2) indents.push(indent)
  return indents.length - 1
}
