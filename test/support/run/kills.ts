import fc from 'fast-check'
import type { AnyRunDefinition } from '../../../packages/millrace/src/run/define.ts'
import type { WorkerOptions } from '../../../packages/millrace/src/run/worker-options.ts'
import type { Desk, Office } from './office.ts'

/** Where a process is killed: at its nth write, before the store has it or right after it was committed. */
export interface Kill {
  readonly write: number
  readonly commits: boolean
}

/** The fates of some processes that work on one run, one after another. */
export function kills(lastWrite: number): fc.Arbitrary<readonly Kill[]> {
  return fc.array(fc.record({ write: fc.integer({ min: 1, max: lastWrite }), commits: fc.boolean() }), { minLength: 1, maxLength: 3 })
}

export interface DoomedDesk extends Desk {
  readonly isDead: () => boolean
}

/** A desk whose process does not outlive its nth write. Its lease is short: the next one need not wait. */
export function openDoomed(
  office: Office, runs: Readonly<Record<string, AnyRunDefinition>>, { write, commits }: Kill, options: Partial<WorkerOptions> = {},
): DoomedDesk {
  let left = write
  const desk: Desk = office.open(runs, { lease: 60, ...options }, {
    append: () => {
      left -= 1
      // The store commits before the first microtask, and answers after it.
      if (left === 0 && commits) queueMicrotask(() => office.kill(desk))
      else if (left === 0) office.kill(desk)
      return 'ok'
    },
  })
  return { ...desk, isDead: () => left <= 0 }
}
