import type { Entry } from '../../../../packages/millrace/src/index.ts'
import { bodyOf } from './body.ts'
import type { ReaderHistory, RunLog } from './evidence.ts'
import { type Finding, Findings } from './finding.ts'
import { judgeOrder } from './order.ts'

/** What a reader was given over all its connections, against the log: every entry once, in order, as it stands there, to one end. */
export function judgeReader({ reader, run, heard, outcome }: ReaderHistory, log: RunLog | undefined): readonly Finding[] {
  const findings = new Findings(run)
  const who = `reader ${reader}`
  if (!log) findings.add('lost', `${who} read a run that is not there`)
  const entries = heard.flatMap((each) => each.entries)
  const texts = new Map(log?.entries.map(({ entry }) => [entry.offset, entry]))
  for (const entry of entries) if (!isIn(texts, entry)) findings.add('foreign', `${who}: entry ${String(entry.offset)} is not what the log has`)
  judgeOrder(entries.flatMap(offsetsOf), outcome === 'ended' ? (log?.entries.length ?? 0) : 0, who, findings)
  const ends = entries.filter(({ type }) => type === 'end').length
  if (ends > 1) findings.add('double end', `${who} read ${String(ends)} ends`)
  if (outcome !== 'ended' || ends === 0) findings.add('unfinished', `${who} read to ${String(entries.at(-1)?.offset ?? 0)} and then: ${outcome}`)
  return findings.found
}

function offsetsOf({ first, offset }: Entry): number[] {
  return Array.from({ length: offset - (first ?? offset) + 1 }, (_, i) => (first ?? offset) + i)
}

/** One that sealing joined is the same as its parts one after another. */
function isIn(log: ReadonlyMap<number, Entry>, entry: Entry): boolean {
  const parts = offsetsOf(entry).map((offset) => log.get(offset))
  if (entry.type !== 'delta') return parts.length === 1 && parts[0] !== undefined && bodyOf(parts[0]) === bodyOf(entry)
  const text = parts.map((part) => (part?.type === 'delta' ? part.text : '')).join('')
  return parts.every((part) => part?.type === 'delta' && bodyOf({ ...part, text }) === bodyOf(entry))
}
