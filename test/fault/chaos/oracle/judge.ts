import type { Evidence, RunLog } from './evidence.ts'
import type { Finding, Sort } from './finding.ts'
import { grouped } from './grouped.ts'
import { countAcknowledged, judgeCalls } from './judge-calls.ts'
import { judgeLog } from './judge-log.ts'
import { judgeReader } from './judge-reader.ts'
import { judgeRows } from './judge-rows.ts'
import { type Takeover, takeoversIn } from './takeovers.ts'

export interface Verdict {
  readonly kills: number
  readonly acknowledged: number
  readonly reconnects: number
  readonly takeovers: readonly Takeover[]
  readonly findings: readonly Finding[]
  /** What there was too little of: a storm in which nothing happened has shown nothing. */
  readonly tooFew: readonly string[]
}

/** The least that must have happened for each kill that was asked for. */
const ACKNOWLEDGED_PER_KILL = 20
const RECONNECTS_PER_KILL = 0.5
const TAKEOVERS_PER_KILL = 0.5
const JOINED_PER_KILL = 1

export function judge(evidence: Evidence, askedKills: number): Verdict {
  const { logs, started, calls, readers, faults } = evidence
  const ofRuns = grouped(calls, ({ run }) => run)
  const findings = [
    ...started.filter((run) => !logs.has(run)).map((run) => ({ sort: 'lost' as const, run, what: 'a start was answered with it' })),
    ...[...logs.values()].flatMap(judgeLog),
    ...[...logs.values()].flatMap(judgeRows),
    ...[...ofRuns].flatMap(([run, ofRun]) => judgeCalls(logs.get(run) ?? absent(run), ofRun)),
    ...readers.flatMap((reader) => judgeReader(reader, logs.get(reader.run))),
  ]
  const counts = {
    kills: faults.filter(({ isKill }) => isKill).length,
    acknowledged: countAcknowledged(calls),
    reconnects: readers.reduce((sum, { connections }) => sum + Math.max(0, connections - 1), 0),
  }
  const takeovers = takeoversIn(evidence)
  const least = {
    kills: askedKills, acknowledged: askedKills * ACKNOWLEDGED_PER_KILL,
    reconnects: askedKills * RECONNECTS_PER_KILL, takeovers: askedKills * TAKEOVERS_PER_KILL, joined: askedKills * JOINED_PER_KILL,
  }
  const joined = calls.filter((call) => call.type === 'append' && call.isJoined).length
  const seen = { ...counts, takeovers: takeovers.length, joined }
  const names = Object.keys(least) as (keyof typeof least)[]
  const tooFew = names.filter((name) => seen[name] < least[name]).map((name) => `${String(seen[name])} ${name}, at least ${String(least[name])}`)
  return { ...counts, takeovers, findings, tooFew }
}

export function countOf(findings: readonly Finding[], sort: Sort): number {
  return findings.filter((finding) => finding.sort === sort).length
}

function absent(run: string): RunLog {
  return { run, kind: 'fail', status: 'queued', entries: [], rows: null }
}
