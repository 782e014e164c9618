/** What a decoder makes of bytes that are no whole character yet. */
const HALF = '\uFFFD'

/**
 * Turns tokens into text as they come, never half a character: what a token leaves open is said with the token that
 * closes it. Tokens are decoded together with a few before them, since a piece's spaces depend on its place; that
 * window begins anew with every word that is said, so a token costs the same in a long answer.
 */
export class Detokenizer {
  readonly #decode: (tokens: readonly number[]) => string
  #window: number[]
  /** How many tokens of the window are said. */
  #said: number

  /** @param before the tokens that the text goes on after */
  constructor(decode: (tokens: readonly number[]) => string, before: readonly number[]) {
    this.#decode = decode
    this.#window = before.slice(-4)
    this.#said = this.#window.length
  }

  /** @returns what can be said now; empty where the token ends inside a character */
  push(token: number): string {
    this.#window.push(token)
    const before = this.#decode(this.#window.slice(0, this.#said))
    const text = this.#decode(this.#window)
    if (text.endsWith(HALF) || text.length <= before.length) return ''
    this.#window = this.#window.slice(this.#said)
    this.#said = this.#window.length
    return text.slice(before.length)
  }
}
