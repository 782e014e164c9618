import type { ProgressStatus } from '../event/run-event.ts'
import { LEVELS, statusUnder, type Item, type Level } from './item.ts'
import { Pauses } from './pauses.ts'

/** An item in its place. */
export interface Node {
  readonly item: Item
  readonly depth: number
  readonly level: Level
  readonly status: ProgressStatus
  /** 0 or more, whatever a log says. */
  readonly weight: number
  readonly pauses: Pauses
  readonly children: Node[]
  fraction: number | null
  remaining: number | null
}

/** No sum of weights passes what a number holds. */
const MAX_WEIGHT = 1e9

/**
 * The items as a tree, in the order it is drawn: each parent before its children. What has no parent
 * here is a root, and so is the first of a ring. No recursion: a log may be as deep as it is long.
 */
export function treeOf(items: readonly Item[]): Node[] {
  const known = new Set(items.map(({ id }) => id))
  const parts = new Map<string, Item[]>()
  const roots: Item[] = []
  for (const item of items) {
    if (item.parent === null || !known.has(item.parent)) roots.push(item)
    else {
      const siblings = parts.get(item.parent)
      if (siblings) siblings.push(item)
      else parts.set(item.parent, [item])
    }
  }
  const nodes: Node[] = []
  const placed = new Set<string>()
  // What no root leads to goes round in a ring.
  for (const item of [...roots, ...items]) if (!placed.has(item.id)) place(item, parts, placed, nodes)
  return nodes
}

function place(root: Item, parts: ReadonlyMap<string, readonly Item[]>, placed: Set<string>, nodes: Node[]): void {
  const due: [Item, Node | null][] = [[root, null]]
  for (let next = due.pop(); next; next = due.pop()) {
    const [item, parent] = next
    if (placed.has(item.id)) continue
    placed.add(item.id)
    const node = nodeOf(item, parent)
    parent?.children.push(node)
    nodes.push(node)
    for (const child of [...(parts.get(item.id) ?? [])].reverse()) due.push([child, node])
  }
}

function nodeOf(item: Item, parent: Node | null): Node {
  const depth = parent === null ? 0 : parent.depth + 1
  return {
    item, depth,
    level: LEVELS[depth] ?? 'operation',
    status: parent === null ? item.status : statusUnder(parent.status, item.status),
    weight: item.weight >= 0 ? Math.min(item.weight, MAX_WEIGHT) : 1,
    pauses: (parent?.pauses ?? Pauses.none).and(item.pauses),
    children: [],
    fraction: null,
    remaining: null,
  }
}
