import { Characters } from './characters.ts'

/**
 * A stretch up to a place that no token reaches across, in GPT-2's encoding and all that came after it:
 * behind a letter or a digit before something else, and before a space. Not before a mark, which may
 * belong to the letter, nor before an apostrophe, which may begin a contraction. What has no such place
 * in 2,000 characters is cut there, for the work a tokenizer has with one word grows with its square.
 * So no stretch holds a model's own marks (`<|endoftext|>`), which tokenizers refuse: here they are text.
 */
const WORD = /[^]{0,1999}?(?:\p{L}(?=[^\p{L}\p{M}'])|\p{N}(?=[^\p{N}\p{M}'])|\S(?= ))|[^]{2000}/guy

/** A text as stretches whose tokens can be counted one by one. */
export class TokenWords {
  readonly #characters: Characters = new Characters()
  #text = ''

  /** Those that are complete by now. */
  take(text: string): readonly string[] {
    this.#text += this.#characters.take(text)
    const words = this.#text.match(WORD) ?? []
    this.#text = this.#text.slice(words.reduce((length, word) => length + word.length, 0))
    return words
  }

  rest(): readonly string[] {
    const rest = this.#text + this.#characters.rest()
    this.#text = ''
    return [rest]
  }
}
