import { missingPackage } from '../../event/missing-package.ts'
import type { Machine } from './machine.ts'
import { through } from './through.ts'
import { TokenWords } from './token-words.ts'

/** As an encoding of the package `gpt-tokenizer` is one. */
export interface Tokenizer {
  countTokens(text: string): number
}

/** A piece of a text, and how many tokens stand before its last, unfinished word. */
export interface Counted {
  readonly text: string
  readonly tokens: number
}

/**
 * Counts the tokens of a text: of the text as a whole, wherever it was cut, not of its pieces. A word
 * counts once it is complete; the last piece is '' with the count of everything.
 *
 * @param tokenizer one that splits words as OpenAI's do (those of Llama 3 and Qwen do too). Default:
 *   `o200k_base` of the package `gpt-tokenizer`
 * @throws MillraceError `missing_package`
 */
export function countTokens(source: AsyncIterable<string>, tokenizer?: Tokenizer): AsyncIterableIterator<Counted, undefined> {
  return through(source, new TokenCounter(tokenizer))
}

class TokenCounter implements Machine<string, Counted> {
  #tokenizer: Tokenizer | undefined
  readonly #words: TokenWords = new TokenWords()
  #tokens = 0

  constructor(tokenizer: Tokenizer | undefined) {
    this.#tokenizer = tokenizer
  }

  async push(text: string): Promise<readonly Counted[]> {
    return [await this.#count(text, this.#words.take(text))]
  }

  async end(): Promise<readonly Counted[]> {
    return [await this.#count('', this.#words.rest())]
  }

  async #count(text: string, words: readonly string[]): Promise<Counted> {
    const tokenizer = (this.#tokenizer ??= await load())
    for (const word of words) this.#tokens += tokenizer.countTokens(word)
    return { text, tokens: this.#tokens }
  }
}

async function load(): Promise<Tokenizer> {
  try {
    return await import('gpt-tokenizer/encoding/o200k_base')
  } catch (cause) {
    throw missingPackage('countTokens needs', 'gpt-tokenizer', cause)
  }
}
