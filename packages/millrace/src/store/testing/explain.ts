import { show } from './check.ts'
import { LONG } from './harness.ts'
import type { StoreHarness } from './harness.ts'
import { step } from './model.ts'
import type { Call, Passed, World } from './model.ts'

export interface Answered {
  readonly call: Call
  readonly answer: unknown
}

/**
 * The worlds there can be after calls that were made at once: those that come out if the calls
 * took place one after the other, in any order that gives just these answers. None: the store is
 * not atomic, or wrong.
 */
export function explain(worlds: readonly World[], answered: readonly Answered[], clock: StoreHarness['clock']): readonly World[] {
  if (answered.length === 0) return worlds
  const ends = answered.flatMap(({ call, answer }, first) => {
    const shown = show(answer)
    const steps = worlds.flatMap((world) => possible(world, clock, (passed) => step(world, call, passed)))
    const after = steps.filter((each) => show(each.answer) === shown).map((each) => each.world)
    return after.length === 0 ? [] : explain(after, answered.filter((_, i) => i !== first), clock)
  })
  return distinct(ends)
}

/**
 * All results of `ask`: with a real clock a short time may have passed that the model did not see
 * pass, before the first question or between two. What has passed at one of them has at the next.
 */
export function possible<T>(world: World, clock: StoreHarness['clock'], ask: (passed: Passed) => T): T[] {
  const results: T[] = []
  let questions = 0
  for (let choice = 0; choice < 2 ** questions; choice++) {
    let asked = 0
    let now = world.now
    results.push(ask((time) => {
      if (now >= time) return true
      if (clock === 'set' || time - world.now > LONG / 2) return false
      const hasPassed = ((choice >> asked++) & 1) === 1
      if (hasPassed) now = time
      return hasPassed
    }))
    questions = Math.max(questions, asked)
  }
  return results
}

function distinct(worlds: readonly World[]): readonly World[] {
  return worlds.length < 2 ? worlds : [...new Map(worlds.map((world) => [show(world), world])).values()]
}
