import type { SourceEvent } from '../event/run-event.ts'
import type { Said } from '../run/said.ts'
import type { Heard } from './limits.ts'

type Key = string | number
/** How a block begins. Text and reasoning need no start: the next delta of another kind ends them. */
export type Opening = { readonly kind: 'text' | 'reasoning' } | { readonly kind: 'tool_call'; readonly id: string; readonly name: string }

interface Block {
  readonly opening: Opening
  /** What waits for the blocks before it to end. */
  readonly held: Said[]
  isEmpty: boolean
  isClosed: boolean
}

const encoder = new TextEncoder()
/** About what a block or a source costs besides its words: a million empty ones are no small answer. */
const FRAME = 64

/**
 * A log has one block after another; a model may say several at once (parallel tool calls). The first that
 * is open is said as it comes, the others are held back until all before them have ended.
 */
export class Lineup {
  readonly #blocks = new Map<Key, Block>()
  #said: Said[] = []
  #size = 0

  open(key: Key, opening: Opening): void {
    const block: Block = { opening, held: [], isEmpty: true, isClosed: false }
    this.#blocks.set(key, block)
    if (opening.kind !== 'tool_call') return
    const { kind, id, name } = opening
    block.held.push({ type: 'block_start', kind, id, name })
    this.#hear(id, name)
    this.#advance()
  }

  /** More of an open block; of any other nothing. */
  add(key: Key, text: string): void {
    const block = this.#blocks.get(key)
    if (block === undefined || text === '') return
    const { kind } = block.opening
    block.isEmpty = false
    block.held.push(kind === 'text' ? text : { type: 'delta', kind, text })
    this.#size += bytesOf(text)
    this.#advance()
  }

  close(key: Key): void {
    const block = this.#blocks.get(key)
    if (block === undefined || block.isClosed) return
    block.isClosed = true
    if (block.opening.kind === 'tool_call') {
      // A call without input is said as what every reader can parse.
      if (block.isEmpty) block.held.push({ type: 'delta', kind: 'tool_call', text: '{}' })
      block.held.push({ type: 'block_end' })
    }
    this.#advance()
  }

  closeAll(): void {
    for (const key of this.#blocks.keys()) this.close(key)
  }

  /** Stands in no block, and waits for none. */
  cite(source: SourceEvent): void {
    this.say(source)
    this.#hear(source.title, source.url ?? '', source.excerpt ?? '')
  }

  /** The same of what is said about the answer as a whole: it is none of what the model may say too much of. */
  say(said: Said): void {
    this.#said.push(said)
  }

  /** What can be said now, and how much was heard for it since the last time. */
  take(): Heard {
    const taken = { said: this.#said, size: this.#size }
    this.#said = []
    this.#size = 0
    return taken
  }

  #hear(...words: readonly string[]): void {
    this.#size += words.reduce((sum, word) => sum + bytesOf(word), FRAME)
  }

  #advance(): void {
    for (const [key, block] of this.#blocks) {
      this.#said.push(...block.held.splice(0))
      if (!block.isClosed) return
      this.#blocks.delete(key)
    }
  }
}

function bytesOf(text: string): number {
  return encoder.encode(text).length
}
