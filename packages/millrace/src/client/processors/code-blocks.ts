import type { Fence } from './fence.ts'
import { Fences, type Part } from './fences.ts'
import type { Machine } from './machine.ts'
import type { CodeBlock, Piece } from './piece.ts'
import { through } from './through.ts'

/**
 * A Markdown text as pieces that say which of it is fenced code. The fences themselves are left out.
 * A block is told at once, by a piece that may be empty; one that is not closed ends with the text.
 */
export function codeBlocks(source: AsyncIterable<string>): AsyncIterableIterator<Piece, undefined> {
  return through(source, new CodeBlocks())
}

export class CodeBlocks implements Machine<string, Piece> {
  readonly #fences: Fences = new Fences()
  #count = 0
  #code: CodeBlock | null = null

  push(text: string): readonly Piece[] {
    return this.#pieces(this.#fences.push(text))
  }

  end(): readonly Piece[] {
    return this.#pieces(this.#fences.end())
  }

  #pieces(parts: readonly Part[]): Piece[] {
    return parts.flatMap(({ type, text, code, fence }) => {
      if (fence === null) return [{ text }]
      if (type === 'close') return []
      if (type === 'open') this.#code = this.#opened(fence)
      return this.#code ? [{ text: code, code: this.#code }] : []
    })
  }

  #opened({ info }: Fence): CodeBlock {
    return { nth: this.#count++, language: info.split(/\s/)[0] ?? '', info }
  }
}
