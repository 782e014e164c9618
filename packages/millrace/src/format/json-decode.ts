import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'

const MAX_ELEMENT = 16 * 1024 * 1024
const SPACE = /[ \t\n\r]/

/** A JSON array as it arrives, element by element, however its bytes are cut. */
export class JsonArrayDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #stage: 'before' | 'inside' | 'after' = 'before'
  /** What has arrived of the element under way. */
  #element = ''
  #count = 0
  #depth = 0
  #isString = false
  #isEscaped = false

  /** Its closing bracket was read: until then, the array was cut. */
  get complete(): boolean {
    return this.#stage === 'after'
  }

  /** @throws MillraceError `invalid_response` for what is no JSON array, or an element beyond 16 Mi characters */
  push(chunk: Uint8Array): Json[] {
    const elements: Json[] = []
    const text = this.#decode(chunk)
    let from = 0
    for (let at = 0; at < text.length; at += 1) {
      const char = text[at] ?? ''
      if (this.#stage !== 'inside') this.#outside(char)
      else if (!this.#ends(char)) continue
      else this.#close(char, text.slice(from, at), elements)
      from = at + 1
    }
    if (this.#stage === 'inside') this.#keep(text.slice(from))
    return elements
  }

  #decode(chunk: Uint8Array): string {
    try {
      return this.#utf8.decode(chunk, { stream: true })
    } catch (cause) {
      throw invalid('It is not valid UTF-8.', cause)
    }
  }

  #outside(char: string): void {
    if (SPACE.test(char)) return
    if (this.#stage === 'after' || char !== '[') throw invalid('It is no single JSON array.')
    this.#stage = 'inside'
  }

  /** Whether this character ends the element under way. */
  #ends(char: string): boolean {
    if (this.#isString) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (char === '\\') this.#isEscaped = true
      else if (char === '"') this.#isString = false
    } else if (this.#depth === 0 && (char === ',' || char === ']')) return true
    else if (char === '"') this.#isString = true
    else if (char === '{' || char === '[') this.#depth += 1
    else if (char === '}' || char === ']') {
      if (this.#depth === 0) throw invalid('An element is not valid JSON.')
      this.#depth -= 1
    }
    return false
  }

  #close(char: string, rest: string, elements: Json[]): void {
    this.#keep(rest)
    const element = this.#element
    this.#element = ''
    if (char === ']') this.#stage = 'after'
    // `[]` has no element; any other place without one is an error.
    if (char === ']' && this.#count === 0 && element.trim() === '') return
    this.#count += 1
    elements.push(parse(element))
  }

  #keep(text: string): void {
    this.#element += text
    if (this.#element.length > MAX_ELEMENT) throw invalid('One element is too large.')
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw invalid('An element is not valid JSON.', cause)
  }
}

function invalid(what: string, cause?: unknown): MillraceError {
  return new MillraceError('invalid_response', `This is not the JSON array it says it is. ${what}`, { cause })
}
