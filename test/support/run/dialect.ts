import { createOutline, foldOutline } from '../../../packages/millrace/src/event/outline.ts'
import type { EndEvent, Entry } from '../../../packages/millrace/src/event/run-event.ts'
import { SnapshotFold, type Snapshot } from '../../../packages/millrace/src/event/snapshot.ts'
import type { Dialect, DialectFrame } from '../../../packages/millrace/src/dialect/dialect.ts'
import { Composer } from '../../../packages/millrace/src/run/composer.ts'
import type { Said } from '../../../packages/millrace/src/run/said.ts'
import { spoken } from './spoken.ts'

/** What a run says, or that it begins anew. */
export const ANEW = { type: 'anew' } as const
export type Step = Said | typeof ANEW

const COMPLETED = { status: 'completed' } as const

/** The entries of a run that said this. @param start more of its first entry */
export function entriesOf(steps: readonly Step[], end: Omit<EndEvent, 'type'> = COMPLETED, start: { readonly run?: string; readonly message?: string } = {}): Entry[] {
  const composer = new Composer()
  let attempt = 1
  const lines = steps.flatMap((step) => (step === ANEW ? [composer.attempt((attempt += 1))] : spoken(composer, step)))
  const events = [JSON.stringify({ type: 'start', run: 'RUN', kind: 'answer', ...start }), ...lines, composer.end(end)]
  return events.map((json, index) => ({ ...(JSON.parse(json) as Entry), offset: index + 1 }))
}

/** What a dialect makes of each of them. */
export function framesOf({ step, keeping }: Dialect, entries: readonly Entry[]): (readonly DialectFrame[])[] {
  const outline = createOutline(keeping)
  return entries.map((entry) => {
    const frames = step?.(outline, entry) ?? []
    foldOutline(outline, entry)
    return frames
  })
}

export function snapshotOf(entries: readonly Entry[]): Snapshot {
  const fold = new SnapshotFold()
  for (const entry of entries) fold.add(entry)
  return fold.value()
}
