import {
  withoutPlace, type AskEvent, type BlockKind, type EndEvent, type Entry, type Json, type ProgressEvent, type PublicErrorInfo, type RunStatus, type SourceEvent,
  type Usage,
} from './run-event.ts'

export interface SnapshotBlock {
  readonly block: number
  readonly kind: BlockKind
  readonly id?: string
  readonly name?: string
  /** Of a `tool_result`: the tool failed, and the text says how. */
  readonly failed?: true
  readonly text: string
}

/** A run folded to what it says so far: the answer, not the way it came. */
export interface Snapshot {
  /** Offset of the newest entry folded in. */
  readonly offset: number
  readonly attempt: number
  readonly status: RunStatus
  /** The text of all `text` blocks, joined. */
  readonly text: string
  readonly blocks: readonly SnapshotBlock[]
  readonly sources: readonly Omit<SourceEvent, 'type'>[]
  readonly progress: readonly Omit<ProgressEvent, 'type'>[]
  readonly stage: { readonly status: string; readonly message?: string } | null
  /** What the run waits to be told. Not there where it asks for nothing. */
  readonly asks?: readonly Omit<AskEvent, 'type'>[]
  readonly usage: Usage | null
  readonly reason?: string
  readonly error?: PublicErrorInfo
  readonly result?: Json
}

interface FoldedBlock extends Omit<SnapshotBlock, 'text'> {
  id?: string
  name?: string
  failed?: true
  /** Joined as the engine does it: without copying what is there. */
  text: string
  /** As it was looked at last, until it changes. */
  shown: SnapshotBlock | null
}

/** The parts of a snapshot as they were looked at last; `null` once they changed. */
type Shown = { -readonly [Part in 'blocks' | 'text' | 'sources' | 'progress' | 'asks']: NonNullable<Snapshot[Part]> | null }

/**
 * Folds entries into a {@link Snapshot}, on either side of the wire. Linear in the text, however often it is looked at,
 * and what did not change between two looks is the same object in both.
 */
export class SnapshotFold {
  #offset = 0
  #size = 0
  #attempt = 1
  #blocks: FoldedBlock[] = []
  #sources: Omit<SourceEvent, 'type'>[] = []
  readonly #progress = new Map<string, Omit<ProgressEvent, 'type'>>()
  #stage: Snapshot['stage'] = null
  readonly #asks = new Map<string, Omit<AskEvent, 'type'>>()
  #usage: Usage | null = null
  #end: EndEvent | null = null
  #dropped = 0
  #shown: Shown = nothingShown()

  /** Offset of the newest entry folded in. */
  get offset(): number {
    return this.#offset
  }

  /** UTF-16 units of all that grows with the run: text and sources. */
  get size(): number {
    return this.#size
  }

  /** UTF-16 units of text that {@link trim} let go of. */
  get dropped(): number {
    return this.#dropped
  }

  add(entry: Entry): void {
    this.#offset = entry.offset
    switch (entry.type) {
      case 'delta':
        this.#changed(entry).text += entry.text
        this.#size += entry.text.length
        break
      case 'block_start': {
        const block = this.#changed(entry)
        if (entry.id !== undefined) block.id = entry.id
        if (entry.name !== undefined) block.name = entry.name
        if (entry.failed) block.failed = entry.failed
        break
      }
      case 'source':
        this.#sources.push(withoutPlace(entry))
        this.#shown.sources = null
        this.#size += entry.title.length + (entry.excerpt?.length ?? 0)
        break
      case 'progress':
        this.#progress.set(entry.item, withoutPlace(entry))
        this.#shown.progress = null
        break
      case 'status':
        this.#stage = { status: entry.status, ...(entry.message === undefined ? {} : { message: entry.message }) }
        break
      case 'ask':
        this.#asks.set(entry.id, withoutPlace(entry))
        this.#shown.asks = null
        break
      case 'answer':
        this.#asks.delete(entry.id)
        this.#shown.asks = null
        break
      case 'usage':
        this.#usage = entry.usage
        break
      case 'attempt':
        this.#attempt = entry.n
        this.#size = 0
        this.#blocks = []
        this.#sources = []
        this.#progress.clear()
        this.#stage = null
        this.#asks.clear()
        this.#usage = null
        this.#dropped = 0
        this.#shown = nothingShown()
        break
      case 'end':
        this.#asks.clear()
        this.#shown.asks = null
        this.#end = entry
        break
      default:
    }
  }

  /**
   * Lets go of the oldest text once there is twice as much as `characters` (UTF-16 units) of it, down to that: each
   * character is copied once, however long the run. A character of two units is never cut.
   */
  trim(characters: number): void {
    if (this.#size <= 2 * characters) return
    const length = this.#blocks.reduce((sum, { text }) => sum + text.length, 0)
    if (length <= 2 * characters) return
    let excess = length - characters
    for (const block of this.#blocks) {
      const { text } = block
      const cut = Math.min(excess, text.length)
      if (cut === 0) continue
      block.text = text.slice(isSecondHalf(text.charCodeAt(cut)) ? cut + 1 : cut)
      block.shown = null
      const dropped = text.length - block.text.length
      excess -= dropped
      this.#dropped += dropped
      this.#size -= dropped
      if (excess <= 0) break
    }
    this.#shown.blocks = null
    this.#shown.text = null
  }

  /** @param status the run's status while no terminal entry was folded. */
  value(status: RunStatus = 'running'): Snapshot {
    const shown = this.#shown
    const blocks = (shown.blocks ??= this.#blocks.map(shownBlock))
    const text = (shown.text ??= blocks.reduce((before, block) => (block.kind === 'text' ? before + block.text : before), ''))
    const end = this.#end
    return {
      offset: this.#offset,
      attempt: this.#attempt,
      status: end?.status ?? status,
      text,
      blocks,
      sources: (shown.sources ??= [...this.#sources]),
      progress: (shown.progress ??= [...this.#progress.values()]),
      stage: this.#stage,
      ...(this.#asks.size === 0 ? {} : { asks: (shown.asks ??= [...this.#asks.values()]) }),
      usage: end?.usage ?? this.#usage,
      ...(end?.reason === undefined ? {} : { reason: end.reason }),
      ...(end?.error === undefined ? {} : { error: end.error }),
      ...(end?.result === undefined ? {} : { result: end.result }),
    }
  }

  /** The block of this number, which is about to change. */
  #changed(of: { readonly block: number; readonly kind: BlockKind }): FoldedBlock {
    const block = this.#block(of)
    block.shown = null
    this.#shown.blocks = null
    this.#shown.text = null
    return block
  }

  #block(of: { readonly block: number; readonly kind: BlockKind }): FoldedBlock {
    const last = this.#blocks.at(-1)
    if (last?.block === of.block) return last
    const known = this.#blocks.find((block) => block.block === of.block)
    if (known) return known
    const block: FoldedBlock = { block: of.block, kind: of.kind, text: '', shown: null }
    this.#blocks.push(block)
    return block
  }
}

function nothingShown(): Shown {
  return { blocks: null, text: null, sources: null, progress: null, asks: null }
}

function shownBlock(block: FoldedBlock): SnapshotBlock {
  const { shown, text, ...named } = block
  return shown ?? (block.shown = { ...named, text })
}

function isSecondHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
