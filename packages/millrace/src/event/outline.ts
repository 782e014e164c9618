import { copyKept, createKept, foldKept, type Keeping, type Kept } from './kept.ts'
import type { BlockKind, BlockStartEvent, EndEvent, Entry, Usage } from './run-event.ts'

export interface OpenBlock {
  readonly block: number
  readonly kind: BlockKind
  readonly nth: number
  /** What its start called it: whoever comes later must know the call by the same id. */
  readonly id?: string
  readonly name?: string
  readonly failed?: true
}

/**
 * What a dialect needs from the past at a given offset, and no text (but see `kept`): it stays small
 * however long the run. Folded once per tail by {@link foldOutline}; the same for every reader.
 */
export interface Outline {
  /** Offset of the newest entry folded in; 0 before the first. */
  offset: number
  run: string
  kind: string
  /** The id of the message the run is: its own, or that of the one it goes on with. */
  message: string
  attempt: number
  /** Where this attempt began: the offset of its `attempt` entry, 0 for the first. */
  begun: number
  /** How many blocks were opened in this attempt. */
  blocks: number
  /** How many of each kind. */
  readonly counts: Map<BlockKind, number>
  open: OpenBlock[]
  /** Of which kind the newest block is. */
  last: BlockKind | null
  /** The stage the work is in, where it said so. */
  stage: string | null
  sources: number
  /** Whether the run ever asked something: what came of it stands in the log. */
  asked: boolean
  usage: Usage | null
  end: EndEvent['status'] | null
  /** Texts, for dialects that say them again; `null` for all others. */
  readonly kept: Kept | null
}

export function createOutline(keeping: Keeping | null = null): Outline {
  return {
    offset: 0, run: '', kind: '', message: '', attempt: 1, begun: 0, blocks: 0, counts: new Map(), open: [], last: null, stage: null, sources: 0, asked: false,
    usage: null, end: null,
    kept: keeping && createKept(keeping),
  }
}

/** A copy to fold on. What an outline lists is replaced by a fold and never changed, so that copies may share it. */
export function copyOutline(outline: Outline): Outline {
  return { ...outline, counts: new Map(outline.counts), open: [...outline.open], kept: outline.kept && copyKept(outline.kept) }
}

/** Folds one entry into `outline`, in place: this runs once per entry and tail. */
export function foldOutline(outline: Outline, entry: Entry): void {
  outline.offset = entry.offset
  if (outline.kept) foldKept(outline.kept, entry)
  switch (entry.type) {
    case 'start':
      outline.run = entry.run
      outline.kind = entry.kind
      outline.message = entry.message ?? entry.run
      break
    case 'block_start':
      outline.blocks = entry.block + 1
      outline.counts.set(entry.kind, entry.nth + 1)
      outline.last = entry.kind
      outline.open.push(opened(entry))
      break
    case 'block_end':
      outline.open = outline.open.filter((open) => open.block !== entry.block)
      break
    case 'status':
      outline.stage = entry.status
      break
    case 'source':
      outline.sources += 1
      break
    case 'ask':
      outline.asked = true
      break
    case 'usage':
      outline.usage = entry.usage
      break
    case 'attempt':
      outline.attempt = entry.n
      outline.begun = entry.offset
      outline.blocks = 0
      outline.counts.clear()
      outline.open = []
      outline.last = null
      outline.stage = null
      outline.sources = 0
      outline.usage = null
      break
    case 'end':
      outline.end = entry.status
      outline.usage = entry.usage ?? outline.usage
      outline.open = []
      break
    default:
  }
}

function opened({ block, kind, nth, id, name, failed }: BlockStartEvent): OpenBlock {
  return {
    block, kind, nth,
    ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }), ...(failed === true ? { failed } : {}),
  }
}

/** The block of this number, while it is open. */
export function openBlock({ open }: Outline, number: number): OpenBlock | undefined {
  return open.find(({ block }) => block === number)
}

/** The outline as JSON, for a segment's head: that of a dialect that keeps nothing. */
export function packOutline(outline: Outline): string {
  return JSON.stringify({ ...outline, kept: undefined, counts: [...outline.counts] })
}

export function unpackOutline(json: string): Outline {
  const { counts, ...rest } = JSON.parse(json) as Omit<Outline, 'counts' | 'kept'> & { counts: [BlockKind, number][] }
  return { ...rest, counts: new Map(counts), kept: null }
}
