import { withoutPlace, type AskEvent, type BlockEndEvent, type BlockKind, type BlockStartEvent, type DeltaEvent, type Entry, type SourceEvent } from './run-event.ts'
import { SharedList } from './shared-list.ts'

/**
 * What of the past a dialect says again: the text of tool calls and results while they are open, the
 * sources, or all that the run has said so far.
 */
export type Keeping = 'open tools' | 'sources' | 'everything'

export interface KeptBlock extends Omit<BlockStartEvent, 'type'> {
  readonly text: string
}

/** An approval that was asked for, of a tool call. */
export interface KeptApproval {
  readonly id: string
  readonly call: string
}

/** The part of an outline that grows with the run, for dialects that cannot do without. */
export interface Kept {
  readonly keeping: Keeping
  /** By their number, in their order. */
  readonly blocks: Map<number, KeptBlock>
  sources: SharedList<Omit<SourceEvent, 'type'>>
  /** Of open tools: the ids of the calls that were said to their end, what may be asked about and have a result, each as often as it was used. */
  calls: readonly string[]
  /** The newest one of each of these calls. */
  approvals: readonly KeptApproval[]
}

const TOOLS: readonly BlockKind[] = ['tool_call', 'tool_result']

export function createKept(keeping: Keeping): Kept {
  return { keeping, blocks: new Map(), sources: new SharedList(), calls: [], approvals: [] }
}

/** A copy to fold on: what it holds is replaced by a fold and never changed. */
export function copyKept(kept: Kept): Kept {
  return { ...kept, blocks: new Map(kept.blocks) }
}

/** Folds one entry into `kept`, in place. Texts are joined as the engine does it: without copying what is there. */
export function foldKept(kept: Kept, entry: Entry): void {
  const { keeping } = kept
  switch (entry.type) {
    case 'block_start':
      if (keeping === 'everything' || (keeping === 'open tools' && TOOLS.includes(entry.kind))) kept.blocks.set(entry.block, opened(entry))
      break
    case 'delta':
      grow(kept, entry)
      break
    case 'block_end':
      if (keeping === 'everything') break
      noteCall(kept, entry)
      kept.blocks.delete(entry.block)
      break
    case 'ask': {
      const approval = approvalOf(kept, entry)
      if (approval) kept.approvals = [...kept.approvals.filter(({ call }) => call !== approval.call), approval]
      break
    }
    case 'source':
      if (keeping !== 'open tools') kept.sources = kept.sources.with(withoutPlace(entry))
      break
    case 'attempt':
      kept.blocks.clear()
      kept.sources = new SharedList()
      kept.calls = []
      kept.approvals = []
      break
    default:
  }
}

/** What is asked, where it is the approval of a call that was said; `null` for anything else. */
export function approvalOf({ calls }: Kept, { id, signal, call }: AskEvent): KeptApproval | null {
  return signal === 'approval' && call !== undefined && calls.includes(call) ? { id, call } : null
}

function noteCall(kept: Kept, { block, kind }: BlockEndEvent): void {
  const id = kind === 'tool_call' ? kept.blocks.get(block)?.id : undefined
  // An empty one is none: it names no call.
  if (id !== undefined && id !== '') kept.calls = [...kept.calls, id]
}

function grow({ blocks }: Kept, { block, text }: DeltaEvent): void {
  const known = blocks.get(block)
  if (known) blocks.set(block, { ...known, text: known.text + text })
}

function opened(entry: Entry<BlockStartEvent>): KeptBlock {
  return { ...withoutPlace(entry), text: '' }
}
