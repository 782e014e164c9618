import { toLine, toText } from './terminal.ts'

/** The part of `process.stdout` and `process.stderr` that is used here. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): boolean
}

const COLUMNS = 80
const ERASE_LINE = '\r\x1b[K'

/**
 * Text on one output, everything about it on the other. Where both are one terminal they share its
 * lines: a notice begins a new one, and a bar is drawn only where no text stands.
 */
export class Screen {
  readonly #out: Output
  readonly #err: Output
  readonly #redraws: boolean
  readonly #shared: boolean
  #midLine = false
  #bar = ''

  constructor(out: Output, err: Output) {
    this.#out = out
    this.#err = err
    this.#redraws = err.isTTY === true
    this.#shared = this.#redraws && out.isTTY === true
  }

  /** @returns false: the output is full, `drain` will follow */
  text(text: string): boolean {
    const clean = toText(text)
    if (clean === '') return true
    this.#erase()
    this.#midLine = !clean.endsWith('\n')
    return this.#out.write(clean)
  }

  notice(line: string): void {
    this.#erase()
    this.#endLine()
    this.#err.write(`${toLine(line)}\n`)
    this.#draw()
  }

  /** A line that replaces the one before it; without a terminal, one more line. */
  bar(line: string): void {
    if (!this.#redraws) {
      this.notice(line)
      return
    }
    this.#erase()
    // A line that wraps cannot be taken back. A terminal that does not know its size says 0.
    this.#bar = toLine(line).slice(0, (this.#err.columns || COLUMNS) - 1)
    this.#draw()
  }

  /** What the bar came to, as a line that stays. */
  settle(line: string): void {
    this.#erase()
    this.#bar = ''
    this.notice(line)
  }

  /** The bar has served; the next thing begins on a line of its own. */
  finish(): void {
    this.#erase()
    this.#bar = ''
    this.#endLine()
  }

  #hasRoom(): boolean {
    return this.#bar !== '' && !(this.#shared && this.#midLine)
  }

  #draw(): void {
    if (this.#hasRoom()) this.#err.write(this.#bar)
  }

  #erase(): void {
    if (this.#hasRoom()) this.#err.write(ERASE_LINE)
  }

  #endLine(): void {
    if (!this.#shared || !this.#midLine) return
    this.#err.write('\n')
    this.#midLine = false
  }
}
