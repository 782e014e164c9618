import { isEndStatus } from '../../../../packages/millrace/src/event/run-event.ts'
import type { ResumedNote } from '../kinds.ts'
import { isWordOf, wordsOf } from '../words.ts'
import type { LogEntry, RunLog } from './evidence.ts'
import { type Finding, Findings } from './finding.ts'
import { judgeOrder } from './order.ts'

/** A run's log by itself: gapless, one end and that at the end, and the words its handler had to say. */
export function judgeLog(log: RunLog): readonly Finding[] {
  const findings = new Findings(log.run)
  judgeOrder(log.entries.map(({ entry }) => entry.offset), 0, 'the log', findings)
  judgeEnd(log, findings)
  judgeWords(log, findings)
  judgeCheckpoints(log, findings)
  return findings.found
}

function judgeEnd({ status, entries }: RunLog, findings: Findings): void {
  const ends = entries.filter(({ entry }) => entry.type === 'end')
  if (ends.length > 1) findings.add('double end', `the log has ${String(ends.length)} ends`)
  if (ends.length === 0 || !isEndStatus(status)) findings.add('unfinished', `the run is ${status}`)
  else if (entries.at(-1)?.entry.type !== 'end') findings.add('foreign', 'the log goes on behind its end')
}

function judgeWords({ run, entries }: RunLog, findings: Findings): void {
  const words = lastAttempt(entries).flatMap(({ entry }) => wordsOf(entry))
  for (const word of words) if (!isWordOf(run, word)) findings.add('foreign', `word ${String(word.n)} is not this run’s`)
  const end = entries.at(-1)?.entry
  const isComplete = end?.type === 'end' && end.status === 'completed'
  const result = isComplete ? (end.result as { words: number } | undefined) : undefined
  judgeOrder(words.map(({ n }) => n), result?.words ?? 0, 'its words', findings)
}

/** An `attempt` makes void what was said before. */
function lastAttempt(entries: readonly LogEntry[]): readonly LogEntry[] {
  return entries.slice(entries.findLastIndex(({ entry }) => entry.type === 'attempt') + 1)
}

/** What each successor was given must be what the log held before it: no checkpoint ahead of its entries, none behind. */
function judgeCheckpoints({ entries }: RunLog, findings: Findings): void {
  for (const [index, { entry }] of entries.entries()) {
    const note: { readonly type: string } = entry
    if (!isNote(note)) continue
    const before = entries.slice(0, index)
    const covered = countWords(before.filter((each) => each.entry.offset <= note.at))
    if (covered !== note.saved) findings.add('checkpoint', `the one at ${String(note.at)} counts ${String(note.saved)} words, the log ${String(covered)}`)
    if (note.saved + note.after !== countWords(before)) findings.add('checkpoint', `whoever went on at ${String(entry.offset)} was given another log`)
  }
}

function isNote(event: { readonly type: string }): event is ResumedNote {
  return event.type === 'resumed'
}

function countWords(entries: readonly LogEntry[]): number {
  return entries.reduce((sum, { entry }) => sum + wordsOf(entry).length, 0)
}
