import type { Entry } from '../../../../packages/millrace/src/index.ts'
import { bodyOf } from './body.ts'
import type { RunLog } from './evidence.ts'
import { type Finding, Findings } from './finding.ts'

/** What the engine itself holds of a log, against what the store makes of it: without gaps, and the same said. */
export function judgeRows({ run, entries, rows }: RunLog): readonly Finding[] {
  const findings = new Findings(run)
  if (rows === null) return findings.found
  let at = 0
  for (const { first, last } of rows) {
    if (first > at + 1) findings.add('lost', `the engine has no row from ${String(at + 1)} to ${String(first - 1)}`)
    if (first <= at) findings.add('doubled', `the engine has two rows at ${String(first)}`)
    at = Math.max(at, last)
  }
  if (at !== entries.length) findings.add('lost', `the engine’s rows end at ${String(at)}, the log at ${String(entries.length)}`)
  const lines = rows.flatMap(({ text }) => text.split('\n')).map((line) => JSON.parse(line) as Entry)
  if (said(lines) !== said(entries.map(({ entry }) => entry))) findings.add('foreign', 'the engine’s rows say something else than the log')
  return findings.found
}

/** With adjacent deltas joined, as sealing joins them. */
function said(entries: readonly Entry[]): string {
  const joined: Entry[] = []
  for (const entry of entries) {
    const last = joined.at(-1)
    if (entry.type === 'delta' && last?.type === 'delta' && last.block === entry.block) joined[joined.length - 1] = { ...last, text: last.text + entry.text }
    else joined.push(entry)
  }
  return joined.map(bodyOf).join('\n')
}
