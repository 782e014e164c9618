/**
 * Models go on best after a word: they are given a partial answer without the white space at its end, and
 * some vendors refuse any other. What of that they say again is left out, as it is in the log already.
 */
export class Overlap {
  /** What the model is given. */
  readonly prefix: string
  /** White space that was said and that the model was not given. */
  #left: string

  constructor(prefix: string) {
    this.prefix = prefix.trimEnd()
    this.#left = prefix.slice(this.prefix.length)
  }

  /** What is new in the next piece of the continuation. */
  strip(text: string): string {
    let same = 0
    while (same < text.length && same < this.#left.length && text[same] === this.#left[same]) same += 1
    this.#left = same < text.length ? '' : this.#left.slice(same)
    return text.slice(same)
  }
}
