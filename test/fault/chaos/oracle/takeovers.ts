import type { Call, Evidence, Fault } from './evidence.ts'
import { grouped } from './grouped.ts'

/** A write that was acknowledged. */
interface Written {
  readonly worker: string
  readonly at: number
  readonly answeredAt: number
  readonly fence: number
}

/** A run that went on under another owner. */
export interface Takeover {
  readonly run: string
  /** When the last owner fell silent, or somebody could go on at all. */
  readonly from: number
  readonly ms: number
}

/**
 * How long each lost producer's run stood still, in ms: from the moment that its owner was killed, stopped or cut off to the next
 * owner's first entry. What nobody could have done sooner does not count: the time without an engine, or without a worker.
 */
export function takeoversIn({ calls, faults, manned }: Pick<Evidence, 'calls' | 'faults' | 'manned'>): readonly Takeover[] {
  const silences = faults.filter(({ worker }) => worker !== null)
  const outages = faults.filter(({ worker }) => worker === null)
  return [...grouped(calls, ({ run }) => run)].flatMap(([run, ofRun]) =>
    handovers(ofRun).flatMap(([before, after]) => {
      const lost = silencedBetween(before, after, ofRun, silences)
      if (lost === null) return []
      const from = possibleFrom(lost, after.answeredAt, outages, manned)
      return [{ run, from, ms: after.answeredAt - from }]
    }))
}

/** Pairs of neighbouring writes under different leases. */
function handovers(calls: readonly Call[]): readonly (readonly [Written, Written])[] {
  const writes = calls.flatMap(writtenBy).sort((a, b) => a.answeredAt - b.answeredAt)
  return writes.slice(1).flatMap((after, index) => {
    const before = writes[index]!
    return after.fence > before.fence && after.worker !== before.worker ? [[before, after] as const] : []
  })
}

function writtenBy(call: Call): readonly Written[] {
  const { worker, at, answeredAt, answer } = call
  if (call.type === 'acquire' || call.lines.length === 0 || answer.outcome !== 'done' || answeredAt === null) return []
  return [{ worker, at, answeredAt, fence: answer.fence }]
}

/** When the last of those fell silent that had the run, or may have had it, in between; `null`: it was handed over. */
function silencedBetween(before: Written, after: Written, calls: readonly Call[], silences: readonly Fault[]): number | null {
  const between = calls.filter((call) => call.at > before.at && call.at < after.answeredAt && call.answer.outcome !== 'denied')
  const owners = new Set([before, ...between].map(({ worker }) => worker).filter((worker) => worker !== after.worker))
  const times = silences.filter(({ worker, at }) => owners.has(worker ?? '') && at > before.answeredAt && at < after.answeredAt).map(({ at }) => at)
  return times.length === 0 ? null : Math.max(...times)
}

/** From when on somebody could have gone on with it: moved on past each time in which nobody could. */
function possibleFrom(lost: number, until: number, outages: readonly Fault[], manned: Evidence['manned']): number {
  let from = lost
  for (const { at, until: over } of [...outages].sort((a, b) => a.at - b.at)) if (at < until && over !== null && over > from) from = Math.min(over, until)
  const next = manned.filter(({ to }) => to > from).reduce((first, span) => Math.min(first, span.from), Infinity)
  return Math.min(Math.max(from, next === Infinity ? from : next), until)
}

/** The smallest of the values that so many per cent of them do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0
}
