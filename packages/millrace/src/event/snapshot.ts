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

interface FoldedBlock {
  readonly block: number
  readonly kind: BlockKind
  id?: string
  name?: string
  failed?: true
  readonly texts: string[]
}

/** Folds entries into a {@link Snapshot}, on either side of the wire. Linear in the text. */
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

  /** Offset of the newest entry folded in. */
  get offset(): number {
    return this.#offset
  }

  /** UTF-16 units of all that grows with the run: text and sources. */
  get size(): number {
    return this.#size
  }

  add(entry: Entry): void {
    this.#offset = entry.offset
    switch (entry.type) {
      case 'delta':
        this.#block(entry).texts.push(entry.text)
        this.#size += entry.text.length
        break
      case 'block_start': {
        const block = this.#block(entry)
        if (entry.id !== undefined) block.id = entry.id
        if (entry.name !== undefined) block.name = entry.name
        if (entry.failed) block.failed = entry.failed
        break
      }
      case 'source':
        this.#sources.push(withoutPlace(entry))
        this.#size += entry.title.length + (entry.excerpt?.length ?? 0)
        break
      case 'progress':
        this.#progress.set(entry.item, withoutPlace(entry))
        break
      case 'status':
        this.#stage = { status: entry.status, ...(entry.message === undefined ? {} : { message: entry.message }) }
        break
      case 'ask':
        this.#asks.set(entry.id, withoutPlace(entry))
        break
      case 'answer':
        this.#asks.delete(entry.id)
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
        break
      case 'end':
        this.#asks.clear()
        this.#end = entry
        break
      default:
    }
  }

  /** @param status the run's status while no terminal entry was folded. */
  value(status: RunStatus = 'running'): Snapshot {
    const blocks = this.#blocks.map(({ texts, ...block }) => ({ ...block, text: texts.join('') }))
    const end = this.#end
    return {
      offset: this.#offset,
      attempt: this.#attempt,
      status: end?.status ?? status,
      text: blocks.filter((block) => block.kind === 'text').map((block) => block.text).join(''),
      blocks,
      sources: [...this.#sources],
      progress: [...this.#progress.values()],
      stage: this.#stage,
      ...(this.#asks.size === 0 ? {} : { asks: [...this.#asks.values()] }),
      usage: end?.usage ?? this.#usage,
      ...(end?.reason === undefined ? {} : { reason: end.reason }),
      ...(end?.error === undefined ? {} : { error: end.error }),
      ...(end?.result === undefined ? {} : { result: end.result }),
    }
  }

  #block(of: { readonly block: number; readonly kind: BlockKind }): FoldedBlock {
    const last = this.#blocks.at(-1)
    if (last?.block === of.block) return last
    const known = this.#blocks.find((block) => block.block === of.block)
    if (known) return known
    const block: FoldedBlock = { block: of.block, kind: of.kind, texts: [] }
    this.#blocks.push(block)
    return block
  }
}
