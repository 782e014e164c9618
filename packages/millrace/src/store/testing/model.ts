/**
 * The store as a toy: what each call must answer, and what the world is then. It shares nothing
 * with `rules.ts` or any backing, is in no hurry, and changes nothing in place, so that a history
 * may ask what would have been had two calls come in the other order.
 */
import { epochOf } from '../../event/cursor.ts'
import type { Entry, RunStatus } from '../../event/run-event.ts'
import type { Checkpoint, CreateRun, Epoch, Lease, RunId, Seal, Write } from '../store.ts'
import { show } from './check.ts'
import { decode, joined } from './fixtures.ts'
import { linesSaid } from './pack.ts'

export type Call =
  | { readonly do: 'create'; readonly run: RunId; readonly options: CreateRun }
  | { readonly do: 'acquire'; readonly run: RunId; readonly nonce: string; readonly ttl: number; readonly revoke: boolean }
  | { readonly do: 'append'; readonly run: RunId; readonly lease: Lease; readonly write: Write }
  | { readonly do: 'read'; readonly run: RunId; readonly after: number }
  | { readonly do: 'signal'; readonly run: RunId; readonly id: string }
  | { readonly do: 'seal'; readonly run: RunId; readonly seal: Seal }
  | { readonly do: 'delete'; readonly run: RunId }

/** A run as the model knows it. */
export interface Known {
  readonly options: CreateRun
  readonly status: RunStatus
  /** JSON lines. */
  readonly log: readonly string[]
  /** The last offset of each row: where a packed segment may end. */
  readonly rowEnds: readonly number[]
  readonly sealedTo: number
  readonly snapshot: string | null
  readonly epochs: readonly Epoch[]
  readonly fence: number
  readonly losses: number
  readonly holder: string | null
  readonly until: number
  readonly signals: readonly string[]
  readonly consumed: number
  readonly checkpoint: Checkpoint | null
  /** Who wrote last, and what. */
  readonly last: string | null
  /** The fence of the lease whose newest write gave it back as `waiting`; 0 for none. */
  readonly waited: number
  readonly endedAt: number
  readonly deletedAt: number
}

export interface World {
  readonly now: number
  readonly runs: ReadonlyMap<RunId, Known>
}

/** Whether the store's clock has come to a time. With a real clock both may be possible. */
export type Passed = (time: number) => boolean

export interface Step {
  readonly world: World
  readonly answer: unknown
}

/** The error a call must be refused with. */
export interface Refused {
  readonly refused: string
}

export function step(world: World, call: Call, passed: Passed): Step {
  const known = knownAt(world, call.run, passed)
  if (call.do === 'create') return create(world, call, known)
  if (known === null) return { world, answer: refusedAs('not_found') }
  if (call.do === 'delete') return remove(world, call.run, known)
  if (known.deletedAt !== Infinity) return { world: put(world, call.run, known), answer: refusedAs('gone') }
  const [next, answer] = live(known, call, world.now, passed)
  return { world: put(world, call.run, next), answer }
}

/**
 * Everything about a run that can be asked for, as {@link step} answers. It takes two calls, the
 * record first: a run may go by the clock between them.
 */
export function viewOf(world: World, run: RunId, passed: Passed): unknown {
  const known = knownAt(world, run, passed)
  return { record: known && briefOf(known), data: dataOf(knownAt(world, run, passed)) }
}

function dataOf(known: Known | null): unknown {
  if (known === null) return refusedAs('not_found')
  if (known.deletedAt !== Infinity) return refusedAs('gone')
  const { options, checkpoint, snapshot } = known
  return { input: options.input, checkpoint, snapshot, log: entriesAfter(known, 0) }
}

/** The run, its tombstone (`deletedAt` is set), or `null`. */
export function knownAt(world: World, run: RunId, passed: Passed): Known | null {
  const known = world.runs.get(run)
  if (!known) return null
  const { retention, tombstone } = known.options.policy
  const expiry = known.endedAt + retention
  const dead = known.deletedAt === Infinity && expiry !== Infinity && passed(expiry) ? buried(known, expiry) : known
  return dead.deletedAt !== Infinity && passed(dead.deletedAt + tombstone) ? null : dead
}

function create(world: World, { run, options }: Call & { do: 'create' }, known: Known | null): Step {
  const lease = options.ttl > 0 ? { fence: 1, nonce: options.nonce, ttl: options.ttl } : null
  if (known) {
    const created = known.deletedAt === Infinity && known.options.nonce === options.nonce
    return { world: put(world, run, known), answer: { created, lease: created ? lease : null, record: briefOf(known) } }
  }
  const made: Known = {
    options, status: lease ? 'running' : 'queued', log: [decode(options.start)], rowEnds: [1], sealedTo: 0, snapshot: null,
    epochs: [{ from: 1, epoch: epochOf(options.nonce) }], fence: lease ? 1 : 0, losses: 0, holder: lease ? options.nonce : null,
    until: world.now + options.ttl, signals: [], consumed: 0, checkpoint: null, last: null, waited: 0, endedAt: Infinity, deletedAt: Infinity,
  }
  return { world: put(world, run, made), answer: { created: true, lease, record: briefOf(made) } }
}

function remove(world: World, run: RunId, known: Known): Step {
  return { world: put(world, run, known.deletedAt === Infinity ? buried(known, world.now) : known), answer: null }
}

type LiveCall = Exclude<Call, { do: 'create' | 'delete' }>

function live(known: Known, call: LiveCall, now: number, passed: Passed): readonly [Known, unknown] {
  switch (call.do) {
    case 'acquire': return acquire(known, call, now, passed)
    case 'append': return append(known, call, now)
    case 'read': return [known, { record: briefOf(known), log: entriesAfter(known, call.after) }]
    case 'signal': return signal(known, call.id)
    case 'seal': return seal(known, call.seal)
  }
}

function acquire(
  known: Known, { nonce, ttl, revoke }: Call & { do: 'acquire' }, now: number, passed: Passed,
): readonly [Known, unknown] {
  if (known.endedAt !== Infinity) return [known, refusedAs('ended')]
  const own = known.holder === nonce
  if (known.holder !== null && !own && !revoke && !passed(known.until)) return [known, null]
  const from = known.log.length + 1
  const next: Known = own ? { ...known, until: now + ttl } : {
    ...known, status: 'running', holder: nonce, fence: known.fence + 1, until: now + ttl,
    losses: known.holder === null ? known.losses : known.losses + 1,
    epochs: [...known.epochs.filter((epoch) => epoch.from !== from), { from, epoch: epochOf(nonce) }],
  }
  const waited = next.waited > 0 && next.waited === next.fence - 1
  return [next, { lease: { fence: next.fence, nonce, ttl }, record: briefOf(next), signals: waitingIn(next), waited }]
}

function append(known: Known, { lease, write }: Call & { do: 'append' }, now: number): readonly [Known, unknown] {
  const { nonce, fence, ttl } = lease
  const { after, bytes, end, release } = write
  const holds = known.holder === nonce && known.fence === fence
  const said = show({ nonce, fence, after, bytes, end, release })
  if (said === known.last) {
    const again = holds ? { ...known, until: now + ttl } : known
    return [again, { tail: known.log.length, signals: waitingIn(known) }]
  }
  if (known.endedAt !== Infinity) return [known, refusedAs('ended')]
  if (!holds) return [known, refusedAs('fenced')]
  if (after !== known.log.length) return [known, refusedAs(after < known.log.length ? 'conflict' : 'regressed')]
  const log = write.count === 0 ? known.log : [...known.log, ...linesSaid(write)]
  const over = end !== undefined || release !== undefined
  const renews = write.count === 0 && !over
  const next: Known = {
    ...known, log,
    rowEnds: write.count === 0 ? known.rowEnds : [...known.rowEnds, log.length],
    status: end ?? release ?? 'running',
    holder: over ? null : nonce,
    until: now + ttl,
    consumed: Math.max(known.consumed, write.consumed ?? 0),
    checkpoint: write.checkpoint === undefined ? known.checkpoint : { offset: log.length, data: write.checkpoint },
    last: renews ? known.last : said,
    waited: renews ? known.waited : release === 'waiting' ? fence : 0,
    endedAt: end === undefined ? Infinity : now,
  }
  return [next, { tail: log.length, signals: waitingIn(next) }]
}

function signal(known: Known, id: string): readonly [Known, unknown] {
  const ignored = known.endedAt !== Infinity || known.signals.includes(id)
  return [ignored ? known : { ...known, signals: [...known.signals, id] }, briefOf(known)]
}

/** The histories only pack what they have read, so a segment is never wrong in itself, only late. */
function seal(known: Known, { segments, snapshot }: Seal): readonly [Known, unknown] {
  const first = segments.at(0)?.first ?? 0
  const last = segments.at(-1)?.last ?? 0
  if (last <= known.sealedTo) return [known, null]
  const starts = first === 1 || known.rowEnds.includes(first - 1)
  if (first > known.sealedTo + 1 || !starts || !known.rowEnds.includes(last)) return [known, refusedAs('conflict')]
  const outside = known.rowEnds.filter((end) => end < first || end > last)
  return [{ ...known, rowEnds: [...outside, ...segments.map((segment) => segment.last)], sealedTo: last, snapshot }, null]
}

function buried(known: Known, deletedAt: number): Known {
  return { ...known, options: { ...known.options, title: '' }, holder: null, deletedAt }
}

function put(world: World, run: RunId, known: Known): World {
  return { ...world, runs: new Map(world.runs).set(run, known) }
}

function refusedAs(code: string): Refused {
  return { refused: code }
}

function waitingIn(known: Known): unknown {
  return known.signals.map((id, i) => ({ id, seq: i + 1 })).slice(known.consumed)
}

function entriesAfter(known: Known, after: number): Entry[] {
  const entries = known.log.map((line, i) => ({ ...(JSON.parse(line) as Entry), offset: i + 1 }))
  return joined(entries.slice(after))
}

/** A record without its times, which only the store knows. */
function briefOf(known: Known): unknown {
  return {
    status: known.status, tail: known.log.length, fence: known.fence, losses: known.losses, epochs: known.epochs,
    sealedTo: known.sealedTo, title: known.options.title, held: known.holder !== null, ended: known.endedAt !== Infinity, deleted: known.deletedAt !== Infinity,
  }
}
