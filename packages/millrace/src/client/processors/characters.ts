const HALF = /[\ud800-\udbff]$/

/** Texts cut anywhere as texts of whole characters: the first half of a surrogate pair waits for the second. */
export class Characters {
  #half = ''

  take(text: string): string {
    const joined = this.#half + text
    this.#half = HALF.exec(joined)?.[0] ?? ''
    return this.#half === '' ? joined : joined.slice(0, -1)
  }

  /** A half whose other half never came. */
  rest(): string {
    const half = this.#half
    this.#half = ''
    return half
  }
}
