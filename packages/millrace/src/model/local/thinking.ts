import type { Said } from '../../run/said.ts'

const [OPEN, CLOSE] = ['<think>', '</think>']

/**
 * Tells reasoning from the answer in what a thinking model writes: `<think>…</think>`, then the answer. What may
 * be the beginning of a mark is held back until it is one or is none; nothing else is.
 */
export class Thinking {
  #state: 'begin' | 'reasoning' | 'between' | 'answer'
  #held = ''

  /** @param mayThink not where the answer has begun already: a mark in it is part of it */
  constructor(mayThink: boolean) {
    this.#state = mayThink ? 'begin' : 'answer'
  }

  *push(text: string): Generator<Said> {
    this.#held += text
    if (this.#state === 'begin' && !this.#begin()) return
    if (this.#state === 'reasoning') {
      const end = this.#held.indexOf(CLOSE)
      const reasoning = this.#take(end === -1 ? this.#held.length - beginningAtEnd(this.#held, CLOSE) : end)
      if (reasoning !== '') yield { type: 'delta', kind: 'reasoning', text: reasoning }
      if (end === -1) return
      this.#take(CLOSE.length)
      this.#state = 'between'
    }
    if (this.#state === 'between') {
      this.#held = this.#held.trimStart()
      if (this.#held === '') return
      this.#state = 'answer'
    }
    yield* this.end()
  }

  /** What was held back, where nothing more comes. */
  *end(): Generator<Said> {
    const rest = this.#take(this.#held.length)
    if (rest !== '') yield this.#state === 'reasoning' ? { type: 'delta', kind: 'reasoning', text: rest } : rest
  }

  /** @returns whether it is clear by now if the model thinks */
  #begin(): boolean {
    const begun = this.#held.trimStart()
    if (begun !== OPEN && OPEN.startsWith(begun)) return false
    this.#state = begun.startsWith(OPEN) ? 'reasoning' : 'answer'
    if (this.#state === 'reasoning') this.#held = begun.slice(OPEN.length)
    return true
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    return taken
  }
}

/** How many letters at the end of `text` may be the beginning of `mark`. */
function beginningAtEnd(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length -= 1) {
    if (text.endsWith(mark.slice(0, length))) return length
  }
  return 0
}
