import { Characters } from './characters.ts'
import { Fence } from './fence.ts'
import type { Machine } from './machine.ts'

/** A stretch of an answer, and whether it stands in a code block or is a line around one. */
export interface Part {
  readonly type: 'text' | 'open' | 'code' | 'close'
  /** As it came. The texts of all parts are the answer. */
  readonly text: string
  /** Of `code` the code itself: without the indentation of its fence. Else ''. */
  readonly code: string
  /** `null` for `text`. */
  readonly fence: Fence | null
}

/** Finds the fenced code blocks of an answer. Of each line it holds back what may yet become a fence. */
export class Fences implements Machine<string, Part> {
  readonly #characters: Characters = new Characters()
  #fence: Fence | null = null
  /** The line that may be a fence, as far as it came; `null`: this one is none. */
  #line: string | null = ''
  #parts: Part[] = []

  push(text: string): readonly Part[] {
    for (const [piece] of this.#characters.take(text).matchAll(/[^\n]*\n|[^\n]+/g)) this.#take(piece)
    return this.#given()
  }

  end(): readonly Part[] {
    this.#take(this.#characters.rest())
    if (this.#line !== null) this.#decide(this.#line)
    return this.#given()
  }

  /** @param piece of one line */
  #take(piece: string): void {
    const isDone = piece.endsWith('\n')
    if (this.#line === null) this.#say(piece, piece)
    else {
      this.#line += piece
      if (isDone) this.#decide(this.#line)
      else if (!this.#mayBeFence(this.#line)) this.#sayLine(this.#line)
    }
    if (isDone) this.#line = ''
  }

  #mayBeFence(line: string): boolean {
    return this.#fence ? this.#fence.mayClose(line) : Fence.mayOpen(line)
  }

  /** What a line is that may be a fence, now that all of it is here. */
  #decide(line: string): void {
    const bare = line.replace(/\n$/, '')
    const fence = this.#fence
    const opened = fence ? null : Fence.of(bare)
    if (opened) {
      this.#fence = opened
      this.#add({ type: 'open', text: line, code: '', fence: opened })
    } else if (fence?.closes(bare)) {
      this.#fence = null
      this.#add({ type: 'close', text: line, code: '', fence })
    } else this.#sayLine(line)
  }

  /** A line that is no fence, from its beginning. */
  #sayLine(line: string): void {
    this.#line = null
    const indent = this.#fence?.indent ?? 0
    const spaces = /^ */.exec(line)?.[0].length ?? 0
    this.#say(line, line.slice(Math.min(indent, spaces)))
  }

  #say(text: string, code: string): void {
    if (text === '') return
    const fence = this.#fence
    const last = this.#parts.at(-1)
    if (last && last.fence === fence && last.type === (fence ? 'code' : 'text')) {
      this.#parts[this.#parts.length - 1] = { ...last, text: last.text + text, code: last.code + (fence ? code : '') }
    } else this.#add(fence ? { type: 'code', text, code, fence } : { type: 'text', text, code: '', fence })
  }

  #add(part: Part): void {
    this.#parts.push(part)
  }

  #given(): readonly Part[] {
    const parts = this.#parts
    this.#parts = []
    return parts
  }
}
