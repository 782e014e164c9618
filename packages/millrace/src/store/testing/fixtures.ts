import type { Batch } from '../../event/batch.ts'
import { entriesOf } from '../../event/lines.ts'
import type { EndStatus, Entry } from '../../event/run-event.ts'
import type { CreateRun, Created, Lease, RunId, Store, Write } from '../store.ts'
import { equal, truthy } from './check.ts'
import { LONG } from './harness.ts'
import type { Bench } from './harness.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The group or run part of an id: 22 base64url characters. */
export function idPart(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return Array.from(crypto.getRandomValues(new Uint8Array(22)), (byte) => alphabet[byte % 64]).join('')
}

export function newNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function encode(text: string): Uint8Array {
  return encoder.encode(text)
}

export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** The same call many times at once, from two handles in turn. */
export async function atOnce<T>(bench: Bench, count: number, call: (store: Store, i: number) => Promise<T>): Promise<T[]> {
  const [one, other] = [bench.store, await bench.second()]
  return Promise.all(Array.from({ length: count }, (_, i) => call(i % 2 === 0 ? one : other, i)))
}

export function createOptions(run: RunId, changes: Partial<CreateRun> = {}): CreateRun {
  const kind = changes.kind ?? 'answer'
  return {
    kind,
    principal: 'ada',
    title: 'A question',
    input: '{"message":"Why?"}',
    digest: 'digest-1',
    policy: { retention: LONG, tombstone: LONG },
    start: encode(JSON.stringify({ type: 'start', run, kind })),
    nonce: newNonce(),
    ttl: LONG,
    ...changes,
  }
}

export interface Started {
  readonly run: RunId
  readonly lease: Lease
  readonly created: Created
}

/** A new run whose creator holds the lease. */
export async function start(store: Store, changes: Partial<CreateRun> = {}): Promise<Started> {
  const run = idPart()
  const created = await store.create(run, createOptions(run, changes))
  truthy(created.lease, 'create with a ttl gives a lease')
  return { run, lease: created.lease, created }
}

/** A run that said `texts`, one write each. */
export async function startSaying(store: Store, texts: readonly string[], changes: Partial<CreateRun> = {}): Promise<Started> {
  const started = await start(store, changes)
  for (const [i, text] of texts.entries()) await store.append(started.run, started.lease, says(i + 1, text))
  return started
}

/** A run that has ended. */
export async function startEnded(store: Store, changes: Partial<CreateRun> = {}): Promise<Started> {
  const started = await start(store, changes)
  await store.append(started.run, started.lease, ends(1))
  return started
}

export function deltaOf(text: string): string {
  return JSON.stringify({ type: 'delta', block: 0, kind: 'text', nth: 0, text })
}

/** A write of one delta for each text. */
export function says(after: number, ...texts: readonly string[]): Write {
  return { after, bytes: encode(texts.map(deltaOf).join('\n')), count: texts.length }
}

export function ends(after: number, status: EndStatus = 'completed'): Write {
  return { after, bytes: encode(JSON.stringify({ type: 'end', status })), count: 1, end: status }
}

export function renews(after: number): Write {
  return { after, bytes: new Uint8Array(), count: 0 }
}

/** A batch as a reader who has everything up to `at` is handed it. */
interface Handed {
  readonly at: number
  readonly batch: Batch
}

/** Everything after `after`, page by page, each batch checked to join what came before. */
async function* handedOut(store: Store, run: RunId, after: number, maxBytes: number): AsyncGenerator<Handed> {
  for (let at = after; ; ) {
    const { batches, record } = await store.read(run, at, maxBytes)
    for (const [i, batch] of batches.entries()) {
      const joins = batch.last > at && (i === 0 ? batch.first <= at + 1 : batch.first === at + 1)
      truthy(joins, `a batch from ${String(batch.first)} to ${String(batch.last)} does not join offset ${String(at)}`)
      yield { at, batch }
      at = batch.last
    }
    truthy(at <= Math.max(after, record.tail), 'no batch goes beyond the record of its page')
    if (at >= record.tail) return
    truthy(batches.length > 0, `a page after ${String(at)} is not empty while the tail is ${String(record.tail)}`)
  }
}

export async function batchesOf(store: Store, run: RunId): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const { batch } of handedOut(store, run, 0, 1000)) batches.push(batch)
  return batches
}

export async function entriesIn(store: Store, run: RunId, after = 0, maxBytes = 1000): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const { at, batch } of handedOut(store, run, after, maxBytes)) entries.push(...entriesOf(batch, at))
  return entries
}

/** Entries with adjacent deltas joined: what may not change whether a log is packed or not. */
export function joined(entries: readonly Entry[]): Entry[] {
  const out: Entry[] = []
  for (const entry of entries) {
    const last = out.at(-1)
    if (entry.type === 'delta' && last?.type === 'delta' && last.block === entry.block) {
      out[out.length - 1] = { ...entry, first: last.first ?? last.offset, text: last.text + entry.text }
    } else out.push(entry.type === 'delta' ? { ...entry, first: entry.first ?? entry.offset } : entry)
  }
  return out
}

/** Fails unless the log is its start and then just these texts. */
export async function expectLog(store: Store, run: RunId, texts: readonly string[], what: string): Promise<void> {
  const entries = await entriesIn(store, run)
  equal(entries.map((entry) => entry.offset), [...entries.keys()].map((i) => i + 1), `${what}: offsets are gapless`)
  equal(entries.map((entry) => (entry.type === 'delta' ? entry.text : entry.type)), ['start', ...texts], what)
}
