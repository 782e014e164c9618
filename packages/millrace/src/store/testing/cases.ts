import { acquireCases } from './acquire.ts'
import { appendCases } from './append.ts'
import { closeCases } from './close.ts'
import { createCases } from './create.ts'
import { endingCases } from './ending.ts'
import type { ConformanceCase } from './harness.ts'
import { hostileCases } from './hostile.ts'
import { listCases } from './list.ts'
import { presenceCases } from './presence.ts'
import { readCases } from './read.ts'
import { removalCases } from './removal.ts'
import { restartCases } from './restart.ts'
import { retryCases } from './retry.ts'
import { sealCases } from './seal.ts'
import { signalCases } from './signal.ts'
import { watchCases } from './watch.ts'

/** What every store must do. Each case opens a data set of its own, so they may run in any order. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...createCases, ...appendCases, ...endingCases, ...retryCases, ...acquireCases, ...readCases, ...watchCases, ...signalCases, ...presenceCases,
  ...sealCases, ...listCases, ...removalCases, ...restartCases, ...closeCases, ...hostileCases,
]
