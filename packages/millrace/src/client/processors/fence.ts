/**
 * Lines longer than this, in UTF-16 units, are no fences. It bounds what is held back of a line that
 * may become one.
 */
const LONGEST = 256
const OPENING = /^( *)(`{3,}(?=[^`]*$)|~{3,})([^]*)$/
const OPENING_BEGUN = /^ *(?:`{0,2}|`{3,}[^`]*|~{0,2}|~{3,}[^]*)$/

/**
 * The fence around a code block, by the rules of CommonMark, except that it may be indented deeper, as
 * it is in lists. Lines are without their line feed.
 */
export class Fence {
  readonly indent: number
  readonly info: string
  readonly #closing: RegExp
  readonly #closingBegun: RegExp

  private constructor(indent: number, run: string, info: string) {
    const [char = ''] = run
    this.indent = indent
    this.info = info
    this.#closing = new RegExp(`^ {0,${indent + 3}}${char}{${run.length},}[ \\t\\r]*$`)
    this.#closingBegun = new RegExp(`^ {0,${indent + 3}}(?:${char}*|${char}{${run.length},}[ \\t\\r]*)$`)
  }

  /** The fence that this line opens. */
  static of(line: string): Fence | null {
    const [, indent = '', run = '', info = ''] = (line.length <= LONGEST && OPENING.exec(line)) || []
    return run === '' ? null : new Fence(indent.length, run, info.trim())
  }

  /** Whether a line that begins so may open a block. */
  static mayOpen(line: string): boolean {
    return line.length <= LONGEST && OPENING_BEGUN.test(line)
  }

  closes(line: string): boolean {
    return line.length <= LONGEST && this.#closing.test(line)
  }

  mayClose(line: string): boolean {
    return line.length <= LONGEST && this.#closingBegun.test(line)
  }
}
