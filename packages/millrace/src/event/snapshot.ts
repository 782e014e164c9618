import {
  withoutPlace, type AskEvent, type BlockKind, type EndEvent, type Entry, type Json, type ProgressEvent, type PublicErrorInfo,
  type RunStatus, type SourceEvent, type Usage,
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

/** What one attempt of a run has said. */
interface Said {
  readonly attempt: number
  readonly blocks: Rows<number, SnapshotBlock>
  readonly sources: Rows<number, Omit<SourceEvent, 'type'>>
  readonly progress: Rows<string, Omit<ProgressEvent, 'type'>>
  readonly asks: Rows<string, Omit<AskEvent, 'type'>>
  stage: Snapshot['stage']
  usage: Usage | null
  size: number
  dropped: number
}

/**
 * Folds entries into a {@link Snapshot}, on either side of the wire. Linear in the text, however often it is looked at,
 * and what did not change between two looks is the same object in both.
 */
export class SnapshotFold {
  #offset = 0
  #said: Said = nothingSaid(1)
  #end: Entry<EndEvent> | null = null
  #blocks: Snapshot['blocks'] = []
  /** That of `#blocks`. */
  #text = ''

  /** Offset of the newest entry folded in. */
  get offset(): number {
    return this.#offset
  }

  /** UTF-16 units of all that grows with the run: text and sources. */
  get size(): number {
    return this.#said.size
  }

  /** UTF-16 units of text that {@link trim} let go of. */
  get dropped(): number {
    return this.#said.dropped
  }

  add(entry: Entry): void {
    const said = this.#said
    this.#offset = entry.offset
    switch (entry.type) {
      case 'delta': {
        const { block, kind, text } = entry
        const known = said.blocks.get(block)
        // Joined as the engine does it: without copying what is there.
        said.blocks.set(block, known ? { ...known, text: known.text + text } : { block, kind, text })
        said.size += text.length
        break
      }
      case 'block_start': {
        const { nth: _, ...named } = withoutPlace(entry)
        said.blocks.set(entry.block, { ...named, text: said.blocks.get(entry.block)?.text ?? '' })
        break
      }
      case 'source':
        said.sources.set(said.sources.size, withoutPlace(entry))
        said.size += entry.title.length + (entry.excerpt?.length ?? 0)
        break
      case 'progress':
        said.progress.set(entry.item, withoutPlace(entry))
        break
      case 'status':
        said.stage = withoutPlace(entry)
        break
      case 'ask':
        said.asks.set(entry.id, withoutPlace(entry))
        break
      case 'answer':
        said.asks.delete(entry.id)
        break
      case 'usage':
        said.usage = entry.usage
        break
      case 'attempt':
        this.#said = nothingSaid(entry.n)
        break
      case 'end':
        said.asks.clear()
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
    const said = this.#said
    if (said.size <= 2 * characters) return
    const blocks = said.blocks.shown
    const length = blocks.reduce((sum, { text }) => sum + text.length, 0)
    let excess = length <= 2 * characters ? 0 : length - characters
    for (const block of blocks) {
      if (excess <= 0) return
      const cut = Math.min(excess, block.text.length)
      const text = block.text.slice(isSecondHalf(block.text.charCodeAt(cut)) ? cut + 1 : cut)
      const dropped = block.text.length - text.length
      if (dropped > 0) said.blocks.set(block.block, { ...block, text })
      excess -= dropped
      said.dropped += dropped
      said.size -= dropped
    }
  }

  /** @param status the run's status while no terminal entry was folded. */
  value(status: RunStatus = 'running'): Snapshot {
    const { attempt, blocks, sources, progress, stage, asks, usage } = this.#said
    if (this.#blocks !== blocks.shown) {
      this.#blocks = blocks.shown
      this.#text = textOf(this.#blocks)
    }
    return {
      offset: this.#offset, attempt, status, text: this.#text, blocks: this.#blocks,
      sources: sources.shown, progress: progress.shown, stage,
      ...(asks.size > 0 && { asks: asks.shown }),
      usage,
      // Its status and usage have the last word.
      ...(this.#end && withoutPlace(this.#end)),
    }
  }
}

/** As it is kept beside a log: without `text`, which its blocks say too. A store keeps one for every run. */
export function packSnapshot({ text: _, ...rest }: Snapshot): string {
  return JSON.stringify(rest)
}

/** What {@link packSnapshot} kept. */
export function unpackSnapshot(kept: string): Snapshot {
  const { offset, attempt, status, ...rest } = JSON.parse(kept) as Omit<Snapshot, 'text'>
  return { offset, attempt, status, text: textOf(rest.blocks), ...rest }
}

function textOf(blocks: Snapshot['blocks']): string {
  return blocks.reduce((before, { kind, text }) => (kind === 'text' ? before + text : before), '')
}

/** Rows by their keys, in the order in which the keys appeared. */
class Rows<Key, Row> {
  readonly #rows = new Map<Key, Row>()
  #shown: readonly Row[] | null = null

  get size(): number {
    return this.#rows.size
  }

  get(key: Key): Row | undefined {
    return this.#rows.get(key)
  }

  set(key: Key, row: Row): void {
    this.#rows.set(key, row)
    this.#shown = null
  }

  delete(key: Key): void {
    this.#rows.delete(key)
    this.#shown = null
  }

  clear(): void {
    this.#rows.clear()
  }

  /** All of them: the same array until one of them changes. */
  get shown(): readonly Row[] {
    return (this.#shown ??= [...this.#rows.values()])
  }
}

function nothingSaid(attempt: number): Said {
  return {
    attempt, blocks: new Rows(), sources: new Rows(), progress: new Rows(), asks: new Rows(),
    stage: null, usage: null, size: 0, dropped: 0,
  }
}

function isSecondHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
