import { MarkdownSplitter } from 'millrace/processors'
import { Stretches } from './stretches.ts'
import type { Stretch } from './stretches.ts'

/** Some stretches that are drawn together, and not drawn while they are out of sight. */
export type Section = readonly Stretch[]
const SECTION = 12

export interface Sections {
  /** These never change. */
  readonly settled: readonly Section[]
  readonly growing: Section
}

/** Reads an answer as it grows. What is finished is handed out as the very same objects each time, so that it is drawn once. */
export class AnswerReader {
  #content = ''
  #splitter = new MarkdownSplitter()
  #stretches = new Stretches()
  #settled: Section[] = []

  /** @param content all of it so far. Text that does not continue the last one begins anew. */
  read(content: string, isEnded: boolean): Sections {
    if (!content.startsWith(this.#content)) this.#restart()
    for (const text of this.#splitter.push(content.slice(this.#content.length))) this.#stretches.push(text)
    this.#content = content
    // Nothing follows, so what was held back because it might become more is just that.
    if (isEnded) for (const text of this.#splitter.end()) this.#stretches.push(text)
    return this.#sections()
  }

  #restart(): void {
    this.#content = ''
    this.#splitter = new MarkdownSplitter()
    this.#stretches = new Stretches()
    this.#settled = []
  }

  #sections(): Sections {
    const { done, open } = this.#stretches
    while (done.length >= (this.#settled.length + 1) * SECTION) {
      const first = this.#settled.length * SECTION
      this.#settled = [...this.#settled, done.slice(first, first + SECTION)]
    }
    const rest = done.slice(this.#settled.length * SECTION)
    return { settled: this.#settled, growing: open === null ? rest : [...rest, open] }
  }
}
