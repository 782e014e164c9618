import type { PatternHello } from '../../protocol/doctor.ts'
import type { Severity, Symptom } from './finding.ts'
import type { Headers } from './seen.ts'

/** A request and its answer, at both ends. */
export interface Exchange {
  readonly where: string
  readonly asked: Headers
  readonly answered: Headers
  /** What the server says of both; `null` where it did not get to say anything. */
  readonly hello: Pick<PatternHello, 'asked' | 'answered'> | null
}

type Watched = Readonly<Record<string, readonly [header: string, severity: Severity]>>

/** What must come back unchanged. `X-Accel-Buffering` is for nginx, which takes it off. */
const ANSWERED: Watched = {
  'content-type': ['Content-Type', 'breaks'], 'cache-control': ['Cache-Control', 'hurts'], 'millrace-run': ['Millrace-Run', 'hurts'],
  'x-content-type-options': ['X-Content-Type-Options', 'note'],
}
const ASKED: Watched = {
  accept: ['Accept', 'hurts'], 'idempotency-key': ['Idempotency-Key', 'breaks'], prefer: ['Prefer', 'hurts'], 'last-event-id': ['Last-Event-ID', 'breaks'],
}

/** Headers that are lost or changed on the way. */
export function headerSymptoms({ where, hello, asked, answered }: Exchange): Symptom[] {
  if (!hello) return []
  return [
    ...changed(ANSWERED, hello.answered, answered).map((change) => symptom('response_header', where, change)),
    ...changed(ASKED, asked, hello.asked).map((change) => symptom('request_header', where, change)),
  ]
}

interface Change {
  readonly header: string
  readonly severity: Severity
  readonly instead: string | undefined
}

function changed(watched: Watched, sent: Headers, arrived: Headers): Change[] {
  return Object.entries(watched)
    .filter(([name]) => meaning(sent[name]) !== meaning(arrived[name]))
    .map(([name, [header, severity]]) => ({ header, severity, instead: arrived[name] }))
}

/** A parameter or a space more says the same. */
function meaning(value: string = ''): string {
  return value.replace(/;.*/, '').replaceAll(' ', '').toLowerCase()
}

function symptom(what: 'request_header' | 'response_header', where: string, { header, severity, instead }: Change): Symptom {
  const way = what === 'request_header' ? 'to the server' : 'back'
  const says = instead === undefined ? `${header} is lost on the way ${way}.` : `${header} is changed on the way ${way}, to ${instead}.`
  return { what, severity, where, says, header }
}
