import type { ProgressStatus } from '../event/run-event.ts'
import { estimate, samplesOf, type Past } from './estimate.ts'
import { isSettled, type Item, type Level } from './item.ts'
import { treeOf, type Node } from './tree.ts'

export interface ProgressItem {
  readonly id: string
  /** In whose log it lives. */
  readonly run: string
  readonly parent: string | null
  /** 0 for a root. */
  readonly depth: number
  readonly level: Level
  readonly name: string
  /** Under all of its parents: a child of what was cancelled is cancelled. */
  readonly status: ProgressStatus
  /** 0 to 1, rolled up by weight; `null` where its end is not known. */
  readonly fraction: number | null
  readonly done: number | null
  readonly total: number | null
  readonly weight: number
  readonly message: string | null
  /** How much work is left, in ms as of the snapshot's `at`; `null` where nothing tells. */
  readonly remaining: number | null
}

/** A tree of progress as one value. */
export interface ProgressSnapshot {
  /** A larger one is newer, and the same is the same everywhere. */
  readonly version: number
  /** Nothing follows. */
  readonly ended: boolean
  /** As of when, in ms since the epoch. */
  readonly at: number
  /** Of the first root: the workflow. */
  readonly status: ProgressStatus
  readonly fraction: number | null
  readonly remaining: number | null
  /** Each parent before its children: the tree in the order it is drawn, however deep. */
  readonly items: readonly ProgressItem[]
}

/** In ms: a thousand years, and no longer a guess. */
const UNTOLD = 3e13

interface Of {
  readonly version: number
  readonly ended: boolean
  readonly at: number
  readonly past: Past
}

export function snapshotOf(all: readonly Item[], { version, ended, at, past }: Of): ProgressSnapshot {
  const nodes = treeOf(all)
  const samples = samplesOf(nodes, past)
  // Children stand after their parents: backwards, each is rolled up before what it is a part of.
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index]
    if (!node) continue
    node.fraction = fractionOf(node)
    const remaining = isSettled(node.status) ? 0 : estimate(node, samples, at)
    // A millionth part of what was announced says nothing of when the rest will be done.
    node.remaining = remaining !== null && remaining < UNTOLD ? Math.round(remaining) : null
  }
  const items = nodes.map(toItem)
  const root = items[0]
  return {
    version, ended, at, items,
    status: root?.status ?? 'pending', fraction: root === undefined ? 0 : root.fraction, remaining: root?.remaining ?? null,
  }
}

function fractionOf({ status, item, children }: Node): number | null {
  // What is skipped has no work left: it never takes back what was done.
  if (status === 'completed' || status === 'skipped') return 1
  if (children.length > 0) return rolledUp(children)
  if (item.total !== null && item.total > 0) return Math.min(Math.max((item.done ?? 0) / item.total, 0), 1)
  return status === 'running' || status === 'paused' ? null : 0
}

/** The mean by weight; what is not known counts as not done. */
function rolledUp(children: readonly Node[]): number {
  const equal = children.every(({ weight }) => weight === 0)
  let [done, all] = [0, 0]
  for (const { weight, fraction } of children) {
    done += (equal ? 1 : weight) * (fraction ?? 0)
    all += equal ? 1 : weight
  }
  // Sums of fractions may pass the whole by a rounding.
  return Math.min(done / all, 1)
}

function toItem({ item, depth, level, status, fraction, remaining, weight }: Node): ProgressItem {
  const { id, run, parent, name, done, total, message } = item
  return { id, run, parent, depth, level, name, status, fraction, done, total, weight, message, remaining }
}
