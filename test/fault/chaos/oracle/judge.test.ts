import { describe, expect, test } from 'vitest'
import type { Entry } from '../../../../packages/millrace/src/index.ts'
import type { AppendCall, Call, Evidence, LogEntry, ReaderHistory } from './evidence.ts'
import type { Sort } from './finding.ts'
import { judge } from './judge.ts'
import { RUN, soundEvidence } from './sound.ts'

type Plant = (evidence: Evidence) => Evidence

function sortsIn(evidence: Evidence): readonly Sort[] {
  return [...new Set(judge(evidence, 1).findings.map(({ sort }) => sort))].sort()
}

/** Another log, for the store and the engine alike: every reader and every producer saw the sound one. */
function inLog(change: (entries: readonly LogEntry[]) => readonly LogEntry[]): Plant {
  return (evidence) => {
    const log = evidence.logs.get(RUN)!
    return { ...evidence, logs: new Map([[RUN, { ...log, entries: change(log.entries), rows: null }]]) }
  }
}

function inReader(change: (entries: readonly Entry[]) => readonly Entry[], more: Partial<ReaderHistory> = {}): Plant {
  return (evidence) => {
    const [reader, ...others] = evidence.readers
    const heard = [{ connection: 1, cursor: '', entries: change(reader!.heard.flatMap(({ entries }) => entries)) }]
    return { ...evidence, readers: [{ ...reader!, heard, ...more }, ...others] }
  }
}

function inCalls(change: (calls: readonly Call[]) => readonly Call[]): Plant {
  return (evidence) => ({ ...evidence, calls: change(evidence.calls) })
}

/** At its own place in the log again. */
function placed(entries: readonly LogEntry[]): readonly LogEntry[] {
  return entries.map(({ epoch, entry }, index) => ({ epoch, entry: { ...entry, offset: index + 1 } }))
}

function without<T>(items: readonly T[], index: number): readonly T[] {
  return items.filter((_, i) => i !== index)
}

function swapped<T>(items: readonly T[], index: number): readonly T[] {
  return [...items.slice(0, index), items[index + 1]!, items[index]!, ...items.slice(index + 2)]
}

function isNote({ entry }: { readonly entry: { readonly type: string } }): boolean {
  return entry.type === 'resumed'
}

const END: LogEntry = { epoch: '22222222', entry: { type: 'end', status: 'cancelled', offset: 8 } }
/** What the first producer tries when it wakes up, after the second has written. */
const ZOMBIE: AppendCall = {
  type: 'append', worker: 'w1', run: RUN, nonce: '1111111100000000', fence: 1, after: 4, lines: ['{"type":"status","status":"late"}'], isJoined: false, ends: false,
  at: 1_800, answeredAt: 1_805, answer: { outcome: 'refused', code: 'fenced' },
}
const LATE: LogEntry = { epoch: '11111111', entry: { type: 'status', status: 'late', offset: 0 } }

const PLANTED: Readonly<Record<string, readonly [Plant, Sort]>> = {
  'an acknowledged entry is not in the log': [inLog((log) => log.slice(0, 6)), 'lost'],
  'another stands in an acknowledged one’s place': [inLog((log) => log.map((each, i) => (i === 2 ? { ...each, entry: { ...LATE.entry, offset: 3 } } : each))), 'lost'],
  'a whole run is gone': [(evidence) => ({ ...evidence, logs: new Map() }), 'lost'],
  'a run that was started never was': [(evidence) => ({ ...evidence, started: [...evidence.started, 'B'.repeat(22)] }), 'lost'],
  'an entry stands twice': [inLog((log) => placed([...log.slice(0, 3), log[2]!, ...log.slice(3)])), 'doubled'],
  'an offset was issued twice': [inLog((log) => [...log.slice(0, 3), log[2]!, ...log.slice(3)]), 'doubled'],
  'two words changed places': [inLog((log) => placed(swapped(log, 2))), 'reordered'],
  'the log has two ends': [inLog((log) => [...log, END]), 'double end'],
  'two ends were acknowledged': [inCalls((calls) => [...calls, { ...calls.at(-1) as AppendCall, nonce: '3333333300000000', answer: { outcome: 'done', fence: 3 } }]), 'double end'],
  'the log goes on behind its end': [inLog((log) => [...log, { ...LATE, entry: { ...LATE.entry, offset: 8 } }]), 'foreign'],
  'the run has no end': [inLog((log) => log.slice(0, 6)), 'unfinished'],
  'a word is of another run': [inLog((log) => log.map((each, i) => (i === 1 ? { ...each, entry: { ...each.entry, text: '1:00000000 ' } } : each))), 'foreign'],
  'an entry that no producer meant': [inCalls((calls) => without(calls, 4)), 'foreign'],
  'a reader missed one': [inReader((read) => without(read, 1)), 'lost'],
  'a reader missed the end': [inReader((read) => read.slice(0, -1)), 'lost'],
  'a reader was given one twice': [inReader((read) => [...read.slice(0, 2), read[1]!, ...read.slice(2)]), 'doubled'],
  'a reader was given two the wrong way round': [inReader((read) => swapped(read, 0)), 'reordered'],
  'a reader was given two ends': [inReader((read) => [...read, read.at(-1)!]), 'double end'],
  'a reader was given what the log never had': [inReader((read) => read.map((each, i) => (i === 1 ? { ...LATE.entry, offset: 2 } : each))), 'foreign'],
  'a reader was given joined words that are not those of the log': [inReader((read) => read.map((each) => (each.type === 'delta' && each.first === 3 ? { ...each, text: `${each.text}!` } : each))), 'foreign'],
  'a reader gave up': [inReader((read) => read.slice(0, 1), { outcome: 'incomplete' }), 'unfinished'],
  'a fence was given out twice, and other words were written under it': [
    inCalls((calls) => [...calls, { ...ZOMBIE, nonce: '3333333300000000', fence: 2, answer: { outcome: 'done', fence: 2 } }]), 'fence',
  ],
  'a zombie’s write was accepted': [
    (evidence) => inCalls((calls) => [...calls, { ...ZOMBIE, after: 5, answer: { outcome: 'done', fence: 1 } }])(inLog((log) => placed([...log.slice(0, 5), LATE, ...log.slice(5)]))(evidence)), 'fence',
  ],
  'a write that was refused stands in the log': [
    (evidence) => inCalls((calls) => [...calls, ZOMBIE])(inLog((log) => placed([...log.slice(0, 4), LATE, ...log.slice(4)]))(evidence)), 'fence',
  ],
  'a checkpoint is ahead of its entries': [
    inLog((log) => log.map((each) => ({ ...each, entry: isNote(each) ? { ...each.entry, saved: 4 } : each.entry }))), 'checkpoint',
  ],
  'a successor was given another log': [
    inLog((log) => log.map((each) => ({ ...each, entry: isNote(each) ? { ...each.entry, after: 0 } : each.entry }))), 'checkpoint',
  ],
  'the engine holds other rows than the store shows': [
    (evidence) => ({ ...evidence, logs: new Map([[RUN, { ...evidence.logs.get(RUN)!, rows: without(evidence.logs.get(RUN)!.rows!, 3) }]]) }), 'lost',
  ],
}

describe('the oracle', () => {
  test('has nothing to say of a sound storm', () => {
    const { findings, acknowledged, reconnects, kills } = judge(soundEvidence(), 1)
    expect(findings).toEqual([])
    expect({ acknowledged, reconnects, kills }).toEqual({ acknowledged: 7, reconnects: 2, kills: 1 })
  })

  test.each(Object.entries(PLANTED))('sees it when %s', (_what, [plant, sort]) => {
    expect(sortsIn(plant(soundEvidence()))).toContain(sort)
  })

  test('takes no offence at a zombie that was refused, and counts an entry that was acknowledged twice once', () => {
    const sound = soundEvidence()
    const { findings, acknowledged } = judge({ ...sound, calls: [...sound.calls, ZOMBIE, sound.calls[1]!] }, 1)
    expect([findings, acknowledged]).toEqual([[], 7])
  })

  test('takes an unknown outcome either way', () => {
    const { calls, ...sound } = soundEvidence()
    const unknown = calls.map((call) => (call.at === 300 ? { ...call, answeredAt: null, answer: { outcome: 'unknown' as const } } : call))
    expect(sortsIn({ ...sound, calls: unknown })).toEqual([])
    const never = { ...ZOMBIE, answeredAt: null, answer: { outcome: 'unknown' as const } }
    expect(sortsIn({ ...sound, calls: [...calls, never] })).toEqual([])
  })

  test('fails a storm in which too little happened, as one of errors alone', () => {
    const { tooFew } = judge(soundEvidence(), 250)
    expect(tooFew).toEqual(['1 kills, at least 250', '7 acknowledged, at least 5000', '2 reconnects, at least 125', '1 takeovers, at least 125', '2 joined, at least 250'])
    const nothing = { logs: new Map(), started: [], calls: [], readers: [], faults: [], manned: [], lease: 1 }
    expect(judge(nothing, 1).tooFew).toHaveLength(5)
  })
})
