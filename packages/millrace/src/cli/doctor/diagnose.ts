import { LAST } from '../../protocol/doctor.ts'
import { curesOf, placesIn, type Cure, type Place, type Trouble } from './cures.ts'
import { flowOf } from './flow.ts'
import type { Observations, StreamSeen } from './seen.ts'

/** `breaks`: streams are of no use, or somebody reads what is not theirs. `hurts`: some clients suffer. `note`: good to know. */
export type Severity = 'breaks' | 'hurts' | 'note'

export interface Finding {
  readonly what: Trouble
  readonly severity: Severity
  /** Where it was seen, in words. */
  readonly where: readonly string[]
  readonly says: string
  readonly cures: readonly Cure[]
}

interface Seen {
  readonly what: Trouble
  readonly severity: Severity
  readonly where: string
  readonly says: string
  readonly header?: string
}

/** What ails the way, the worst first. Pure: the same was seen, the same is found. */
export function diagnose(seen: Observations): Finding[] {
  const present = presentIn(seen)
  const all = [
    ...seen.refused.map(refusal), ...seen.streams.flatMap(troublesOf), ...cacheTroubles(seen), ...resumeTroubles(seen),
    ...cutTroubles(seen), ...hostTroubles(seen), ...silenceTroubles(seen), ...connectionTroubles(seen),
  ]
  const found = new Map<string, Finding>()
  for (const { what, severity, where, says, header } of all) {
    const before = found.get(says)
    const places = new Set([...(before?.where ?? []), where])
    const worst = ORDER.find((one) => one === severity || one === before?.severity) ?? severity
    found.set(says, { what, severity: worst, where: [...places], says, cures: before?.cures ?? curesFor(seen, present, what, header) })
  }
  return [...found.values()].sort((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity))
}

const ORDER: readonly Severity[] = ['breaks', 'hurts', 'note']

/** Whoever can be told by the answers. */
export function presentIn({ cut, streams }: Observations): Place[] {
  return [...new Set([cut, ...streams].flatMap(({ answered }) => placesIn(answered)))]
}

function curesFor(seen: Observations, present: readonly Place[], what: Trouble, header?: string): Cure[] {
  const cures = curesOf(what, header, present)
  const seconds = what === 'idle_cut' ? heartbeatFor(seen) : null
  return seconds === null ? cures : [...cures, { at: 'millrace', setting: `createMillrace({ heartbeat: ${String(seconds)}_000 })` }]
}

/** In seconds: twice within the time after which silence is cut. Beats come in whole seconds. */
function heartbeatFor({ silence }: Observations): number | null {
  const seconds = Math.floor((silence?.still?.waited ?? 0) / 2000)
  return seconds < 1 ? null : seconds
}

function refusal({ where, says }: { readonly where: string; readonly says: string }): Seen {
  return { what: 'refused', severity: 'breaks', where, says: `It is not let through: ${says}` }
}

function troublesOf(stream: StreamSeen): Seen[] {
  return [...flowTroubles(stream), ...packingTroubles(stream), ...headerTroubles(stream)]
}

function flowTroubles({ where, frames, ending }: StreamSeen): Seen[] {
  const troubles: Seen[] = []
  if (ending !== 'whole') {
    const last = frames.at(-1)?.n ?? 0
    troubles.push({ what: 'broken_off', severity: 'breaks', where, says: `It breaks off after piece ${String(last)} of ${String(LAST)}.` })
  }
  const flow = flowOf(frames)
  if (flow === 'buffers') troubles.push({ what: 'buffering', severity: 'breaks', where, says: 'Everything comes at once: something collects an answer before it passes it on.' })
  if (flow === 'coalesces') troubles.push({ what: 'coalescing', severity: 'hurts', where, says: 'Pieces wait to be sent together, so text comes in jerks.' })
  return troubles
}

function packingTroubles({ where, hello, answered, frames }: StreamSeen): Seen[] {
  const coding = answered['content-encoding']
  if (!hello || coding === undefined || hello.answered['content-encoding'] === coding) return []
  const severity = flowOf(frames) === 'flows' ? 'note' : 'hurts'
  return [{ what: 'compression', severity, where, says: `Answers are packed on the way (${coding}), though they say no-transform.` }]
}

/** What must pass unchanged, and what else is lost. `X-Accel-Buffering` is for nginx, which takes it off. */
const ANSWERED: Readonly<Record<string, readonly [name: string, severity: Severity]>> = {
  'content-type': ['Content-Type', 'breaks'], 'cache-control': ['Cache-Control', 'hurts'], 'millrace-run': ['Millrace-Run', 'hurts'],
  'x-content-type-options': ['X-Content-Type-Options', 'note'],
}
const ASKED: Readonly<Record<string, readonly [name: string, severity: Severity]>> = {
  accept: ['Accept', 'hurts'], 'idempotency-key': ['Idempotency-Key', 'breaks'], prefer: ['Prefer', 'hurts'], 'last-event-id': ['Last-Event-ID', 'breaks'],
}

function headerTroubles({ where, hello, asked, answered }: StreamSeen): Seen[] {
  if (!hello) return []
  const back = Object.entries(ANSWERED).filter(([name]) => plain(hello.answered[name]) !== plain(answered[name]))
  const there = Object.entries(ASKED).filter(([name]) => plain(asked[name]) !== plain(hello.asked[name]))
  return [
    ...back.map(([name, [header, severity]]) => lost('response_header', header, severity, where, answered[name])),
    ...there.map(([name, [header, severity]]) => lost('request_header', header, severity, where, hello.asked[name])),
  ]
}

function lost(what: Trouble, header: string, severity: Severity, where: string, instead: string | undefined): Seen {
  const way = what === 'request_header' ? 'to the server' : 'back'
  const says = instead === undefined ? `${header} is lost on the way ${way}.` : `${header} is changed on the way ${way}, to ${instead}.`
  return { what, severity, where, says, header }
}

/** A parameter or a space more means the same. */
function plain(value: string | undefined): string {
  return (value ?? '').replace(/;.*/, '').replaceAll(' ', '').toLowerCase()
}

function cacheTroubles({ cut, resumed, streams }: Observations): Seen[] {
  const said = new Set<string>()
  return [cut, resumed, ...streams].flatMap((stream) => {
    if (!stream?.hello) return []
    if (!said.has(stream.hello.stream)) {
      said.add(stream.hello.stream)
      return []
    }
    return [{ what: 'cached', severity: 'breaks', where: stream.where, says: 'An answer is given again to somebody else: something keeps it.' }]
  })
}

function resumeTroubles({ resumed, resumedAfter, streams }: Observations): Seen[] {
  // What a cache said to another says nothing of this one.
  if (!resumed?.hello || streams.some(({ hello }) => hello?.stream === resumed.hello?.stream)) return []
  const first = resumed.frames[0]?.n
  const troubles = headerTroubles(resumed)
  if (first === resumedAfter + 1 || troubles.some(({ header }) => header === 'Last-Event-ID')) return troubles
  return [...troubles, { what: 'not_resumed', severity: 'breaks', where: resumed.where, says: `After piece ${String(resumedAfter)} piece ${String(first ?? 'nothing')} comes.` }]
}

function cutTroubles({ cut }: Observations): Seen[] {
  if (cut.ending === 'cut') return []
  const says = cut.ending === 'silent' ? 'A cut is not passed on: a reader waits for what never comes.' : 'A cut answer looks finished. Only formats that say their own end (events, lines, frames) tell the two apart.'
  return [{ what: 'clean_end', severity: cut.ending === 'silent' ? 'hurts' : 'note', where: cut.where, says }]
}

function hostTroubles({ host, streams }: Observations): Seen[] {
  return streams.flatMap(({ where, hello }) => {
    const heard = hello?.asked['host'] ?? host
    return heard === host ? [] : [{ what: 'host', severity: 'note', where, says: `The server is asked as ${heard}: starts from pages over plain HTTP are refused (403).` }]
  })
}

function silenceTroubles({ silence }: Observations): Seen[] {
  const { beating } = silence ?? {}
  if (!beating || beating.ending === 'whole') return []
  const beats = ((beating.hello?.heartbeat ?? 0) / 1000).toFixed(0)
  const after = (beating.waited / 1000).toFixed(0)
  return [{ what: 'idle_cut', severity: 'breaks', where: beating.where, says: `A silent stream is cut after about ${after} s, though a heartbeat leaves every ${beats} s.` }]
}

function connectionTroubles({ streams, socket, alpn }: Observations): Seen[] {
  const troubles: Seen[] = streams.filter(({ hello }) => hello?.http === '1.0').map(({ where }) => ({
    what: 'http_1_0', severity: 'hurts', where, says: 'The server is asked in HTTP/1.0: a connection for each request, and no WebSockets.',
  }))
  if (alpn === 'http/1.1') {
    troubles.push({ what: 'http_1_1', severity: 'note', where: 'TLS', says: 'There is no HTTP/2: a browser opens six streams, and the seventh waits.' })
  }
  const isOffered = socket.kind !== 'answered' || socket.code !== 'upgrade_required'
  if (socket.kind !== 'open' && isOffered) {
    const answer = socket.kind === 'answered' ? `is answered ${String(socket.status)}` : socket.kind === 'dumb' ? 'opens and says nothing' : 'breaks'
    troubles.push({ what: 'websocket', severity: 'hurts', where: 'GET /runs', says: `A WebSocket does not pass: it ${answer}.` })
  }
  return troubles
}
