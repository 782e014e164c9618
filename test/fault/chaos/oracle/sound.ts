import type { Entry } from '../../../../packages/millrace/src/index.ts'
import type { ResumedNote } from '../kinds.ts'
import { wordOf } from '../words.ts'
import type { AppendCall, Call, Evidence, Fault, LogEntry, ReaderHistory, RunLog } from './evidence.ts'

export const RUN = 'A'.repeat(22)
const NONCES = ['1111111100000000', '2222222200000000'] as const
const [FIRST, SECOND] = NONCES.map((nonce) => nonce.slice(0, 8)) as [string, string]
const LEASE = 1_000

/** Of a type that is no library’s. */
const NOTE: { readonly type: string; readonly offset: number } = { ...{ type: 'resumed', saved: 2, at: 3, after: 1 } satisfies ResumedNote, offset: 0 }

function delta(n: number): Entry {
  return { type: 'delta', block: 0, kind: 'text', nth: 0, text: wordOf(RUN, n), offset: 0 }
}

/** What a sound storm leaves: one run whose first worker is killed behind word 3, and whose second goes on behind a checkpoint at word 2. */
export function soundEvidence(): Evidence {
  const said: readonly (readonly [string, Entry])[] = [
    [FIRST, { type: 'start', run: RUN, kind: 'resume', offset: 0 }],
    [FIRST, delta(1)], [FIRST, delta(2)], [FIRST, delta(3)],
    [SECOND, NOTE as Entry],
    [SECOND, delta(4)],
    [SECOND, { type: 'end', status: 'completed', result: { words: 4 }, offset: 0 }],
  ]
  const entries = said.map(([epoch, entry], index): LogEntry => ({ epoch, entry: { ...entry, offset: index + 1 } }))
  const log: RunLog = { run: RUN, kind: 'resume', status: 'completed', entries, rows: rowsOf(entries) }
  return {
    logs: new Map([[RUN, log]]), started: [RUN], calls: callsOf(entries), lease: LEASE,
    readers: [readerOf(entries, 'r1'), readerOf(entries, 'r2')],
    faults: [killed('w1', 400)], manned: [{ from: 0, to: 9_000 }],
  }
}

export function killed(worker: string, at: number): Fault {
  return { sort: 'kill', at, until: null, worker, isKill: true }
}

/** Without where it stands, as a producer writes it. */
function lineOf(entry: Entry): string {
  const { offset: _offset, ...event } = entry
  return JSON.stringify(event)
}

function rowsOf(entries: readonly LogEntry[]): RunLog['rows'] {
  return entries.map(({ entry }) => ({ first: entry.offset, last: entry.offset, text: lineOf(entry) }))
}

function callsOf(entries: readonly LogEntry[]): readonly Call[] {
  const lines = entries.map(({ entry }) => lineOf(entry))
  const append = (worker: string, fence: 1 | 2, after: number, count: number, at: number): AppendCall => ({
    type: 'append', worker, run: RUN, nonce: NONCES[fence - 1]!, fence, after, lines: lines.slice(after, after + count), isJoined: count > 1,
    ends: after + count === lines.length, at, answeredAt: at + 5, answer: { outcome: 'done', fence },
  })
  return [
    { type: 'create', worker: 'w1', run: RUN, nonce: NONCES[0], lines: lines.slice(0, 1), at: 100, answeredAt: 105, answer: { outcome: 'done', fence: 1 } },
    append('w1', 1, 1, 2, 200),
    append('w1', 1, 3, 1, 300),
    { type: 'acquire', worker: 'w2', run: RUN, nonce: NONCES[1], at: 1_700, answeredAt: 1_705, answer: { outcome: 'done', fence: 2 } },
    append('w2', 2, 4, 2, 1_795),
    append('w2', 2, 6, 1, 1_900),
  ]
}

/** It was cut once, and read two deltas that sealing had joined. */
function readerOf(entries: readonly LogEntry[], reader: string): ReaderHistory {
  const all = entries.map(({ entry }) => entry)
  const joined: Entry = { ...(all[2] as Entry & { readonly type: 'delta' }), text: wordOf(RUN, 2) + wordOf(RUN, 3), first: 3, offset: 4 }
  return {
    reader, run: RUN, outcome: 'ended', connections: 2,
    heard: [{ connection: 1, cursor: `${FIRST}-2`, entries: all.slice(0, 2) }, { connection: 2, cursor: `${SECOND}-7`, entries: [joined, ...all.slice(4)] }],
  }
}
