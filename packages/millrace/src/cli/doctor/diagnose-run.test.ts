import { expect, test } from 'vitest'
import { diagnoseRun } from './diagnose-run.ts'
import type { RunSeen } from './run.ts'

const ANSWERED = { 'content-type': 'text/event-stream', 'cache-control': 'private, no-store, no-transform', 'millrace-run': 'r', 'x-content-type-options': 'nosniff' }

/** A run that goes on, read as it should be. */
const RUN: RunSeen = {
  where: 'GET text/event-stream', asked: {}, answered: ANSWERED, hello: { asked: {}, answered: ANSWERED },
  isRunning: true, had: 5, count: 20, cursor: 'e-1', first: 20, lasted: 10_000, ending: 'left', next: 'e-2',
}

test.each<[string, Partial<RunSeen>, readonly string[]]>([
  ['as it should be', {}, []],
  ['to its end', { ending: 'whole' }, []],
  ['of nothing but its end', { count: 1, next: null, ending: 'whole' }, []],
  ['of which nothing comes', { count: 0, cursor: null, first: null, next: null }, ['buffering']],
  ['that had said nothing', { had: 0, count: 0, cursor: null, first: null, next: null }, []],
  ['of which all came as it ended', { first: 4_950, lasted: 5_000, ending: 'whole' }, ['buffering']],
  ['that was over', { isRunning: false, first: 990, lasted: 1_000, ending: 'whole' }, []],
  ['too short to tell', { first: 990, lasted: 1_000, ending: 'whole' }, []],
  ['that was cut', { ending: 'cut' }, ['broken_off']],
  ['that ended like a whole one', { ending: 'clean' }, ['broken_off']],
  ['that begins anew for who has its first piece', { next: 'e-1' }, ['request_header']],
  ['that a cache may keep', { answered: { ...ANSWERED, 'cache-control': 'public' } }, ['response_header']],
])('a run %s', (_name, seen, found) => {
  expect(diagnoseRun({ ...RUN, ...seen }).map(({ what }) => what)).toEqual(found)
})
