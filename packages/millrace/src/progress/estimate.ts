import { isSettled, type Level } from './item.ts'
import type { Node } from './tree.ts'

/** How long a like item took: by its level and name, in ms as a whole and for one of its `total`. */
export interface Took {
  readonly level: Level
  readonly name: string
  readonly whole: number
  readonly each: number | null
}

export type Past = readonly Took[]

export type Samples = ReadonlyMap<string, readonly Took[]>

/** What was done before, here and as the past has it. */
export function samplesOf(nodes: readonly Node[], past: Past): Samples {
  const samples = new Map<string, Took[]>()
  for (const took of [...past, ...tookOf(nodes)]) {
    const key = keyOf(took.level, took.name)
    const known = samples.get(key)
    if (known) known.push(took)
    else samples.set(key, [took])
  }
  return samples
}

/** How long each completed item took. Pauses do not count, its parents' neither. */
export function tookOf(nodes: readonly Node[]): Took[] {
  return nodes.flatMap(({ item, level, status, pauses }) => {
    const { name, total, began, ended } = item
    if (status !== 'completed' || began === null || ended === null) return []
    const whole = pauses.worked(began, ended)
    return [{ level, name, whole, each: total !== null && total > 0 ? whole / total : null }]
  })
}

/** The middle of each kind of work: what a later group is told of this one. */
export function summed(past: Past): Took[] {
  return [...samplesOf([], past).values()].flatMap((like) => {
    const first = like[0]
    const [whole, each] = [median(like.map((took) => took.whole)), median(eachOf(like))]
    return first === undefined || whole === null ? [] : [{ level: first.level, name: first.name, whole, each }]
  })
}

/**
 * How much of an open item's work is left, in ms. Like work tells how long it should take, its own
 * pace how long it does: the further it is, the more the pace counts. A parent of which neither is
 * known is left what its children are. What runs side by side is waited for together.
 */
export function estimate({ item, level, pauses, fraction, children }: Node, samples: Samples, at: number): number | null {
  const spent = item.began === null ? 0 : pauses.worked(item.began, at)
  const expected = expectedOf(samples.get(keyOf(level, item.name)) ?? [], item.total)
  const parts = children.length > 0 ? remainingOf(children) : null
  if (parts !== null) return parts
  const share = fraction ?? 0
  const paced = share > 0 && spent > 0 ? spent / share : null
  if (paced === null) return expected === null ? null : Math.max(expected - spent, 0)
  return (1 - share) * (expected === null ? paced : (1 - share) * expected + share * paced)
}

function expectedOf(like: readonly Took[], total: number | null): number | null {
  const each = total === null ? null : median(eachOf(like))
  return each === null || total === null ? median(like.map(({ whole }) => whole)) : each * total
}

function remainingOf(children: readonly Node[]): number | null {
  let [together, after] = [0, 0]
  for (const { status, remaining } of children) {
    if (isSettled(status)) continue
    if (remaining === null) return null
    if (status === 'pending') after += remaining
    else together = Math.max(together, remaining)
  }
  return together + after
}

function eachOf(like: readonly Took[]): number[] {
  return like.flatMap(({ each }) => (each === null ? [] : [each]))
}

/** Not the mean: one night of a stopped machine must not spoil every guess after it. */
function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) return null
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

function keyOf(level: Level, name: string): string {
  return `${level} ${name}`
}
