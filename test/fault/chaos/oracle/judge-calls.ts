import { epochOf } from '../../../../packages/millrace/src/event/cursor.ts'
import { bodyOf, bodyOfLine } from './body.ts'
import type { AppendCall, Call, CreateCall, LogEntry, RunLog } from './evidence.ts'
import { type Finding, Findings } from './finding.ts'

type WriteCall = AppendCall | CreateCall

/** What producers wrote down about one run, against its log. A run that is not there has an empty one. */
export function judgeCalls(log: RunLog, calls: readonly Call[]): readonly Finding[] {
  const findings = new Findings(log.run)
  const writes = calls.filter((call) => call.type !== 'acquire')
  judgeAcknowledged(log, writes, findings)
  judgeMeant(log, writes, findings)
  judgeRefused(log, writes, findings)
  judgeFences(log, calls, findings)
  const ends = new Set(writes.filter((write) => isDone(write) && write.type === 'append' && write.ends).map(nameOf))
  if (ends.size > 1) findings.add('double end', `${String(ends.size)} writes of an end were acknowledged`)
  return findings.found
}

/** How many entries these calls acknowledged; one that was answered twice counts once. */
export function countAcknowledged(calls: readonly Call[]): number {
  const counts = new Map(calls.filter((call) => call.type !== 'acquire' && isDone(call)).map((call) => [`${call.run} ${nameOf(call as WriteCall)}`, (call as WriteCall).lines.length]))
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

/** Nothing acknowledged is missing, and each entry stands where it was acknowledged to be. */
function judgeAcknowledged(log: RunLog, writes: readonly WriteCall[], findings: Findings): void {
  for (const write of writes.filter(isDone)) {
    for (const [index, line] of write.lines.entries()) {
      const offset = afterOf(write) + 1 + index
      if (!stands(log.entries[offset - 1], write.nonce, line)) findings.add('lost', `entry ${String(offset)}, acknowledged to ${write.worker}`)
    }
  }
}

/** Nothing stands in the log that no producer was about to write there. */
function judgeMeant(log: RunLog, writes: readonly WriteCall[], findings: Findings): void {
  const meant = new Set(writes.flatMap((write) => write.lines.map((line, index) => `${String(afterOf(write) + 1 + index)} ${epochOf(write.nonce)} ${bodyOfLine(line)}`)))
  for (const { epoch, entry } of log.entries) {
    if (!meant.has(`${String(entry.offset)} ${epoch} ${bodyOf(entry)}`)) findings.add('foreign', `no producer meant entry ${String(entry.offset)}`)
  }
}

/** A write that was refused each time it was tried has written nothing. */
function judgeRefused(log: RunLog, writes: readonly WriteCall[], findings: Findings): void {
  const maybe = new Set(writes.filter(({ answer }) => answer.outcome !== 'refused').map(nameOf))
  for (const write of writes) {
    const [line] = write.lines
    if (maybe.has(nameOf(write)) || line === undefined) continue
    const offset = afterOf(write) + 1
    if (stands(log.entries[offset - 1], write.nonce, line)) findings.add('fence', `entry ${String(offset)} was refused to ${write.worker} and is there`)
  }
}

/** A fence is one lease's for ever, and the log never goes back to an older one. */
function judgeFences(log: RunLog, calls: readonly Call[], findings: Findings): void {
  const nonces = new Map<number, string>()
  const fences = new Map<string, number>()
  for (const { nonce, answer } of calls) {
    if (answer.outcome !== 'done') continue
    const other = nonces.get(answer.fence)
    if (other !== undefined && other !== nonce) findings.add('fence', `lease ${String(answer.fence)} was given out twice`)
    nonces.set(answer.fence, nonce)
    fences.set(epochOf(nonce), answer.fence)
  }
  let highest = 0
  for (const { epoch, entry } of log.entries) {
    const fence = fences.get(epoch) ?? highest
    if (fence < highest) findings.add('fence', `entry ${String(entry.offset)} was written under lease ${String(fence)}, after one under ${String(highest)}`)
    highest = Math.max(highest, fence)
  }
}

function isDone({ answer }: Call): boolean {
  return answer.outcome === 'done'
}

function afterOf(write: WriteCall): number {
  return write.type === 'create' ? 0 : write.after
}

/** The same for a write and its retries. */
function nameOf(write: WriteCall): string {
  return `${write.nonce} ${String(afterOf(write))} ${write.lines.join('\n')}`
}

function stands(at: LogEntry | undefined, nonce: string, line: string): boolean {
  return at?.epoch === epochOf(nonce) && bodyOf(at.entry) === bodyOfLine(line)
}
