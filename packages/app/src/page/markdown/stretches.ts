import { clip } from '../../clip.ts'
import { isItem } from '../../markdown/blocks.ts'

/** A piece of an answer that is drawn by itself: some blocks of prose, or one block of code. */
export interface Stretch {
  readonly kind: 'prose' | 'code'
  /** Of prose its Markdown. */
  readonly text: string
  /** Of code, as its fence names it. */
  readonly language: string
}

/** The open stretch is read anew with every frame, so it must stay short, however long its paragraph. */
const LONGEST = 4000
const FENCE = /^(\s*)(`{3,}|~{3,})([^`]*)$/
const INDENTED = /^\s{2,}\S/
const DELIMITERS = /^[\s|:-]+$/

/** Cuts an answer, as it comes, where what stands before the cut can never look different any more. */
export class Stretches {
  /** Those that are finished. They only become more. */
  readonly done: Stretch[] = []
  #text = ''
  /** The line that has not ended, and whether its beginning is in `#text` already. */
  #line = ''
  #isBroken = false
  /** The indent and the marks of the fence around the code. */
  #fence: { readonly indent: string; readonly marks: string } | null = null
  #language = ''
  #isList = false
  /** Whether a blank line was the last one. */
  #gap = false

  push(text: string): void {
    const lines = (this.#line + text).split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) this.#add(this.#shortened(line))
    // As soon as a line is seen to begin something new, what stands before it is finished.
    if (this.#line.trim() !== '') this.#beginAt(this.#line)
    this.#line = this.#shortened(this.#line)
  }

  /** What is not finished, or `null` where that is nothing. */
  get open(): Stretch | null {
    const text = this.#text + this.#line
    if (this.#fence === null && text.trim() === '') return null
    return { kind: this.#fence === null ? 'prose' : 'code', text, language: this.#language }
  }

  #add(line: string): void {
    const whole = !this.#isBroken
    this.#isBroken = false
    if (this.#fence !== null) {
      if (whole && closes(line, this.#fence.marks)) this.#finish()
      else this.#text += `${line.startsWith(this.#fence.indent) ? line.slice(this.#fence.indent.length) : line.trimStart()}\n`
      return
    }
    const [, indent = '', marks = '', info = ''] = (whole && FENCE.exec(line)) || []
    if (marks !== '') {
      this.#finish()
      this.#fence = { indent, marks }
      this.#language = info.trim().split(/\s/)[0] ?? ''
    } else if (line.trim() === '') {
      if (!this.#gap) this.#text += '\n'
      this.#gap = true
    } else {
      if (whole) this.#beginAt(line)
      this.#gap = false
      this.#text += `${line}\n`
      this.#isList ||= isItem(line)
    }
  }

  /** Finishes the prose so far, where a line that begins like this does not belong to it. */
  #beginAt(line: string): void {
    if (this.#fence !== null || this.#isBroken) return
    const isIndented = INDENTED.test(line)
    const goesOn = this.#isList && (isIndented || isItem(line))
    const isFull = this.#text.length > LONGEST && !isIndented
    if (!isFull && (goesOn || !this.#gap)) return
    const head = this.#gap ? '' : this.#tableHead()
    this.#finish()
    this.#text = head
  }

  /** A table that is cut goes on as another one with the same head. */
  #tableHead(): string {
    const [names = '', delimiters = ''] = this.#text.trimStart().split('\n', 2)
    return names.includes('|') && delimiters.includes('-') && DELIMITERS.test(delimiters) ? `${names}\n${delimiters}\n` : ''
  }

  /** A line without an end is cut as well. @returns what is left of it */
  #shortened(line: string): string {
    let rest = line
    while (rest.length > LONGEST) {
      this.#beginAt(rest)
      const piece = clip(rest, LONGEST)
      this.#text += piece
      rest = rest.slice(piece.length)
      if (this.#fence === null) this.#finish()
      this.#isBroken = true
    }
    return rest
  }

  #finish(): void {
    const text = this.#fence === null ? this.#text.trim() : this.#text
    if (text !== '' || this.#fence !== null) this.done.push({ kind: this.#fence === null ? 'prose' : 'code', text, language: this.#language })
    this.#text = ''
    this.#fence = null
    this.#language = ''
    this.#isList = false
    this.#gap = false
  }
}

function closes(line: string, marks: string): boolean {
  const trimmed = line.trim()
  return trimmed.startsWith(marks) && trimmed.replaceAll(marks.charAt(0), '') === ''
}
