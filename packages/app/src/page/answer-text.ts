/** What a stretch of the answer's text asks the page to draw. */
export type Mark =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cite'; readonly number: number }
  | { readonly kind: 'line' | 'paragraph' | 'item' | 'code' | 'code-end' | 'fence' | 'fence-end' }

const FENCE = /^```[^\n]{0,200}\n/
const CITE = /^\[(\d{1,2})\]/
const PROSE = /^[^\n`[]+/
const NEWLINES = /^\n+/
/**
 * What may yet become one of these, once more text is there. It is looked at again with every piece,
 * so it must stay short: what follows three backticks in a longer line is no language's name.
 */
const UNDECIDED = /^(?:`{1,2}|```[^\n]{0,200}|\[\d{0,2}|•)$/
const BULLET = '• '
const FENCE_END = '\n```'

/**
 * Reads the answer as it comes: paragraphs, code and citations. It knows no HTML, so nothing in a
 * document can become more than text.
 */
export class AnswerText {
  #rest = ''
  #inside: 'prose' | 'code' | 'fence' = 'prose'
  #begun = false
  #lineBegins = true
  /** How many newlines were read whose mark depends on what follows them. */
  #newlines = 0

  /** @param ended nothing follows, so what is undecided is text. */
  push(text: string, ended: boolean = false): Mark[] {
    this.#rest += text
    const marks: Mark[] = []
    while (this.#rest !== '' && this.#step(marks, ended));
    return marks
  }

  #step(marks: Mark[], ended: boolean): boolean {
    if (this.#inside === 'fence') return this.#fence(marks, ended)
    if (this.#inside === 'code') return this.#code(marks)
    const newlines = NEWLINES.exec(this.#rest)?.[0].length ?? 0
    this.#newlines += newlines
    if (newlines > 0) return this.#take(newlines)
    if (!ended && UNDECIDED.test(this.#rest)) return false
    return this.#prose(marks)
  }

  #prose(marks: Mark[]): boolean {
    const newlines = this.#newlines
    this.#newlines = 0
    const fence = FENCE.exec(this.#rest)
    if (fence) return this.#enter('fence', { kind: 'fence' }, fence[0].length, marks)
    if (newlines > 0) {
      this.#lineBegins = true
      if (this.#begun && !this.#rest.startsWith(BULLET.charAt(0))) marks.push({ kind: newlines === 1 ? 'line' : 'paragraph' })
    }
    const bullet = this.#lineBegins && this.#rest.startsWith(BULLET)
    this.#begun = true
    this.#lineBegins = false
    if (bullet) return this.#enter('prose', { kind: 'item' }, BULLET.length, marks)
    if (this.#rest.startsWith('`')) return this.#enter('code', { kind: 'code' }, 1, marks)
    const cite = CITE.exec(this.#rest)
    if (cite) {
      marks.push({ kind: 'cite', number: Number(cite[1]) })
      return this.#take(cite[0].length)
    }
    const text = PROSE.exec(this.#rest)?.[0] ?? this.#rest.charAt(0)
    marks.push({ kind: 'text', text })
    return this.#take(text.length)
  }

  #code(marks: Mark[]): boolean {
    const close = this.#rest.search(/[`\n]/)
    const text = close === -1 ? this.#rest : this.#rest.slice(0, close)
    if (text !== '') marks.push({ kind: 'text', text })
    if (close === -1) return this.#take(text.length)
    return this.#enter('prose', { kind: 'code-end' }, text.length + (this.#rest.charAt(close) === '`' ? 1 : 0), marks)
  }

  #fence(marks: Mark[], ended: boolean): boolean {
    const close = this.#rest.indexOf(FENCE_END)
    const held = close !== -1 || ended ? 0 : (/\n`{0,2}$/.exec(this.#rest)?.[0].length ?? 0)
    const text = this.#rest.slice(0, close === -1 ? this.#rest.length - held : close)
    if (text !== '') marks.push({ kind: 'text', text })
    if (close !== -1) return this.#enter('prose', { kind: 'fence-end' }, text.length + FENCE_END.length, marks)
    this.#take(text.length)
    return false
  }

  #enter(inside: 'prose' | 'code' | 'fence', mark: Mark, length: number, marks: Mark[]): boolean {
    this.#inside = inside
    marks.push(mark)
    return this.#take(length)
  }

  #take(length: number): boolean {
    this.#rest = this.#rest.slice(length)
    return true
  }
}
