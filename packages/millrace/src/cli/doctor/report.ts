import type { Place, Trouble } from './cures.ts'
import { presentIn } from './diagnose.ts'
import type { Finding } from './finding.ts'
import type { RunSeen } from './run.ts'
import type { Observations } from './seen.ts'

/** What is healthy where none of these was found. */
const HEALTHY: readonly (readonly [words: string, troubles: readonly Trouble[]])[] = [
  ['each piece comes when it is sent', ['refused', 'broken_off', 'buffering', 'coalescing']],
  ['headers pass unchanged, there and back', ['request_header', 'response_header', 'host']],
  ['nothing is packed on the way', ['compression']],
  ['nothing is answered from a cache', ['cached']],
  ['who was cut goes on where it was', ['not_resumed']],
  ['a cut answer does not look finished', ['clean_end']],
]

/** Plain lines for people: what ails, with its cures, then what is well. */
export function* linesOf(url: string, seen: Observations, findings: readonly Finding[]): Generator<string> {
  yield* opening(url, presentIn(seen))
  yield* findingLines(findings)
  const found = new Set(findings.map(({ what }) => what))
  for (const [words, troubles] of HEALTHY) if (!troubles.some((what) => found.has(what))) yield `ok      ${words}`
  if (!found.has('websocket')) yield seen.socket.kind === 'open' ? 'ok      WebSockets pass' : '-       WebSockets: this server offers none (it lacks the package ws)'
  yield* silenceLines(seen, found)
}

/** The same of a run: what it cannot show is said. */
export function* linesOfRun(url: string, present: readonly Place[], seen: RunSeen, findings: readonly Finding[]): Generator<string> {
  yield* opening(url, present)
  yield* findingLines(findings)
  const { count, first, lasted } = seen
  const came = first === null ? 'nothing came' : `${String(count)} pieces came, the first after ${inSeconds(first)} s`
  if (findings.length === 0) yield 'ok      headers come back unchanged, and who was cut goes on where it was'
  yield `-       in ${inSeconds(lasted)} s ${came}; when they were sent, a run does not say`
  yield '-       more can be told of a server with `createMillrace({ doctor: true, … })`, by its address'
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}

function* opening(url: string, present: readonly Place[]): Generator<string> {
  yield `${url}${present.length === 0 ? '' : ` (by way of ${present.join(', ')})`}`
}

function* findingLines(findings: readonly Finding[]): Generator<string> {
  for (const { severity, says, where, cures } of findings) {
    yield `${severity.padEnd(8)}${says}`
    yield `        seen: ${where.join(', ')}`
    for (const { at, setting } of cures) yield `        ${at.padEnd(13)} ${setting}`
  }
}

function* silenceLines({ silence }: Observations, found: ReadonlySet<Trouble>): Generator<string> {
  if (silence === null) yield '-       silence: not asked for; --idle 90 tries 90 s'
  else if (found.has('idle_cut') || !silence.still || !silence.beating) return
  else if (silence.still.ending === 'whole') yield `ok      ${String(silence.seconds)} s of silence pass`
  else {
    const beats = ((silence.beating.hello?.heartbeat ?? 0) / 1000).toFixed(0)
    yield `ok      silence is cut after about ${(silence.still.waited / 1000).toFixed(0)} s, but a heartbeat every ${beats} s keeps streams open`
  }
}
