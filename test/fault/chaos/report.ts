import { countOf, type Verdict } from './oracle/judge.ts'
import { percentile } from './oracle/takeovers.ts'

/** Beyond its lease a lost run may stand still for so long, in ms (P5). */
const GRACE = 2_000
const SHOWN = 20

export interface Report {
  readonly lines: readonly string[]
  readonly isPassed: boolean
}

/** A verdict in words; the last line is the one that tables are made of. */
export function reportOn(verdict: Verdict, storm: { readonly store: string; readonly seed: number; readonly lease: number; readonly faults: ReadonlyMap<string, number> }): Report {
  const { kills, acknowledged, reconnects, takeovers, findings, tooFew } = verdict
  const times = takeovers.map(({ ms }) => ms)
  const [p50, p99, limit] = [percentile(times, 50), percentile(times, 99), storm.lease + GRACE]
  const slow = takeovers.filter(({ ms }) => ms > limit)
  const isSlow = p99 > limit
  return {
    lines: [
      ...findings.slice(0, SHOWN).map(({ sort, run, what }) => `${sort}: run ${run}: ${what}`),
      ...(findings.length > SHOWN ? [`… and ${String(findings.length - SHOWN)} more`] : []),
      ...slow.slice(0, SHOWN).map(({ run, from, ms }) => `slow: run ${run} stood still for ${seconds(ms)} from ${String(from)} on`),
      ...tooFew.map((what) => `too few to have shown anything: ${what}`),
      `faults: ${[...storm.faults].map(([sort, count]) => `${sort} ${String(count)}`).join(', ')}; reconnects ${String(reconnects)}; seed ${String(storm.seed)}`,
      `takeovers ${String(takeovers.length)}, p50 ${seconds(p50)}, p99 ${seconds(p99)}, longest ${seconds(Math.max(0, ...times))}${isSlow ? ', too slow:' : ';'} lease + 2 s is ${seconds(limit)}`,
      `store ${storm.store}: kills ${String(kills)}, acknowledged ${String(acknowledged)}, lost ${String(countOf(findings, 'lost'))}, doubled ${String(countOf(findings, 'doubled'))}, `
        + `reordered ${String(countOf(findings, 'reordered'))}, double ends ${String(countOf(findings, 'double end'))}`,
    ],
    isPassed: findings.length === 0 && tooFew.length === 0 && !isSlow,
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
