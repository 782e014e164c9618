import { placesIn } from './cures.ts'
import { findingsOf, type Finding, type Symptom } from './finding.ts'
import { headerSymptoms } from './headers.ts'
import type { RunSeen } from './run.ts'

/** Shorter says nothing about when its pieces came, in ms. */
const LONG = 2_000
/** What comes only in this last part of the time was collected. */
const LATE = 0.9

/** What can be told by a run alone. Pure. */
export function diagnoseRun(seen: RunSeen): Finding[] {
  return findingsOf([...lateness(seen), ...headerSymptoms(seen), ...resumption(seen)], placesIn(seen.answered))
}

function lateness({ where, isRunning, had, first, lasted, ending }: RunSeen): Symptom[] {
  if (ending === 'clean' || ending === 'cut') return [{ what: 'broken_off', severity: 'breaks', where, says: 'It breaks off before the run ends.' }]
  if (!isRunning || had === 0 || lasted < LONG || (first !== null && first < LATE * lasted)) return []
  const says = first === null ? 'Nothing comes of a run that has said something.' : 'Everything came at once, when the run ended.'
  return [{ what: 'buffering', severity: 'breaks', where, says }]
}

function resumption({ where, cursor, next }: RunSeen): Symptom[] {
  if (next === null || next !== cursor) return []
  return [{ what: 'request_header', header: 'Last-Event-ID', severity: 'breaks', where, says: 'Last-Event-ID is lost on the way to the server: who was cut begins anew.' }]
}
