import { LAST } from '../../protocol/doctor.ts'
import { placesIn, type Place } from './cures.ts'
import { findingsOf, type Finding, type Symptom } from './finding.ts'
import { flowOf } from './flow.ts'
import { headerSymptoms } from './headers.ts'
import type { Observations, StreamSeen } from './seen.ts'

/** What ails the way, the worst first. Pure: the same was seen, the same is found. */
export function diagnose(seen: Observations): Finding[] {
  const symptoms = [
    ...seen.refused.map(({ where, says }): Symptom => ({ what: 'refused', severity: 'breaks', where, says: `It is not let through: ${says}` })),
    ...seen.streams.flatMap((stream) => sharedSymptoms(stream, seen) ?? streamSymptoms(stream, seen)),
    ...resumeSymptoms(seen), ...cutSymptoms(seen), ...silenceSymptoms(seen), ...tlsSymptoms(seen), ...socketSymptoms(seen),
  ]
  return findingsOf(symptoms, presentIn(seen))
}

/** Whoever can be told by the answers. */
export function presentIn({ knock, streams }: Observations): Place[] {
  return [...new Set([knock, ...streams].flatMap(({ answered }) => placesIn(answered)))]
}

/** Of an answer that another question got too. Nothing else that it says is of this one; `null`: it is its own. */
function sharedSymptoms(stream: StreamSeen, { knock, cut, resumed, streams }: Observations): Symptom[] | null {
  const others = [knock, cut, resumed, ...streams].filter((other) => other !== stream && other?.hello)
  if (!others.some((other) => other?.hello?.stream === stream.hello?.stream)) return null
  return [{ what: 'cached', severity: 'breaks', where: stream.where, says: 'An answer is given again to somebody else: something keeps it.' }]
}

function streamSymptoms(stream: StreamSeen, { host }: Observations): Symptom[] {
  return [...flowSymptoms(stream), ...packingSymptoms(stream), ...headerSymptoms(stream), ...askedSymptoms(stream, host)]
}

function flowSymptoms({ where, frames, ending }: StreamSeen): Symptom[] {
  const symptoms: Symptom[] = []
  if (ending !== 'whole') {
    const last = frames.at(-1)?.n ?? 0
    symptoms.push({ what: 'broken_off', severity: 'breaks', where, says: `It breaks off after piece ${String(last)} of ${String(LAST)}.` })
  }
  const flow = flowOf(frames)
  if (flow === 'buffers') {
    symptoms.push({ what: 'buffering', severity: 'breaks', where, says: 'Everything comes at once: something collects an answer before it passes it on.' })
  }
  if (flow === 'coalesces') symptoms.push({ what: 'coalescing', severity: 'hurts', where, says: 'Pieces wait to be sent together, so text comes in jerks.' })
  return symptoms
}

function packingSymptoms({ where, hello, answered, frames }: StreamSeen): Symptom[] {
  const coding = answered['content-encoding']
  if (!hello || coding === undefined || hello.answered['content-encoding'] === coding) return []
  const severity = flowOf(frames) === 'flows' ? 'note' : 'hurts'
  return [{ what: 'compression', severity, where, says: `Answers are packed on the way (${coding}), though they say no-transform.` }]
}

/** How the server hears that it is asked. */
function askedSymptoms({ where, hello }: StreamSeen, host: string): Symptom[] {
  const symptoms: Symptom[] = []
  const heard = hello?.asked['host'] ?? host
  if (heard !== host) {
    symptoms.push({ what: 'host', severity: 'note', where, says: `The server is asked as ${heard}: what pages start over plain HTTP is refused (403).` })
  }
  if (hello?.http === '1.0') {
    symptoms.push({ what: 'http_1_0', severity: 'hurts', where, says: 'The server is asked in HTTP/1.0: a connection for each request, and no WebSockets.' })
  }
  return symptoms
}

function resumeSymptoms(seen: Observations): Symptom[] {
  const { resumed, resumedAfter } = seen
  if (!resumed?.hello) return []
  const shared = sharedSymptoms(resumed, seen)
  if (shared) return shared
  const { where, frames } = resumed
  const symptoms = headerSymptoms(resumed)
  const first = frames[0]?.n
  if (first === resumedAfter + 1 || symptoms.some(({ header }) => header === 'Last-Event-ID')) return symptoms
  const came = first === undefined ? 'nothing' : `piece ${String(first)}`
  return [...symptoms, { what: 'not_resumed', severity: 'breaks', where, says: `To who has piece ${String(resumedAfter)} comes ${came}.` }]
}

function cutSymptoms({ cut }: Observations): Symptom[] {
  if (!cut || cut.ending === 'cut') return []
  const { where, ending } = cut
  if (ending === 'silent') return [{ what: 'clean_end', severity: 'hurts', where, says: 'A cut is not passed on: a reader waits for what never comes.' }]
  return [{ what: 'clean_end', severity: 'note', where, says: 'A cut answer looks finished. Events, lines and frames say their own end; plain text and bytes do not.' }]
}

function silenceSymptoms({ silence }: Observations): Symptom[] {
  if (!silence?.beating || silence.beating.ending === 'whole') return []
  const { where, waited, hello } = silence.beating
  const beats = inSeconds(hello?.heartbeat ?? 0)
  // Twice in the time after which silence is cut; beats come in whole seconds.
  const often = Math.floor((silence.still?.waited ?? waited) / 2000)
  return [{
    what: 'idle_cut', severity: 'breaks', where, says: `A silent stream is cut after about ${inSeconds(waited)} s, though a heartbeat leaves every ${beats} s.`,
    ...(often > 0 && { atServer: `createMillrace({ heartbeat: ${String(often)}_000 })` }),
  }]
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(0)
}

function tlsSymptoms({ alpn }: Observations): Symptom[] {
  if (alpn !== 'http/1.1') return []
  return [{ what: 'http_1_1', severity: 'note', where: 'TLS', says: 'There is no HTTP/2: a browser opens six streams, and the seventh waits.' }]
}

function socketSymptoms({ socket }: Observations): Symptom[] {
  // The server's own word that it has none.
  if (socket.kind === 'open' || (socket.kind === 'answered' && socket.code === 'upgrade_required')) return []
  const answer = socket.kind === 'answered' ? `is answered ${String(socket.status)}` : socket.kind === 'dumb' ? 'opens and says nothing' : 'breaks'
  return [{ what: 'websocket', severity: 'hurts', where: 'GET /runs', says: `A WebSocket does not pass: it ${answer}.` }]
}
