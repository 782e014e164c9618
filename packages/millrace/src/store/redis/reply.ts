import { refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { recordAt } from '../rules.ts'
import type { Epoch, Policy, RunId, RunRecord, Signal } from '../store.ts'
import { corrupt } from './failure.ts'

/** What a command is answered with, whichever client brings it. */
export type Reply = string | number | null | readonly Reply[]

/** A record as a script told it. */
export interface Told {
  /** As it stands now: itself, its tombstone, or `null` for no trace. */
  readonly record: RunRecord | null
  readonly hasSignal: boolean
  readonly now: number
}

const REFUSALS: readonly string[] = ['fenced', 'ended', 'conflict', 'regressed', 'gone', 'not_found'] satisfies Refusal[]

/** @throws MillraceError where the script refused */
export function accepted(reply: Reply, run: RunId): Reply {
  if (typeof reply === 'string' && isRefusal(reply)) throw refusal(reply, run)
  return reply
}

function isRefusal(reply: string): reply is Refusal {
  return REFUSALS.includes(reply)
}

export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (typeof reply === 'object' && reply !== null) return reply
  throw corrupt('an answer is not the one that was asked for')
}

export function textOf(reply: Reply | undefined): string | null {
  return typeof reply === 'string' ? reply : null
}

export function toldOf(run: RunId, reply: Reply | undefined): Told {
  const [time, pairs, title] = listOf(reply)
  const now = Number(time)
  const fields = fieldsOf(listOf(pairs))
  if (!fields.has('createdAt')) return { record: null, hasSignal: false, now }
  const [record, policy] = recordOf(run, fields, textOf(title) ?? '')
  const hasSignal = numberIn(fields, 'signals') > numberIn(fields, 'consumed')
  return { record: recordAt(record, policy, now), hasSignal, now }
}

/** A record that has its data. @throws MillraceError `not_found`, `gone` */
export function aliveOf(run: RunId, reply: Reply | undefined): RunRecord {
  const { record } = toldOf(run, reply)
  if (record === null) throw refusal('not_found', run)
  if (record.deletedAt !== null) throw refusal('gone', run)
  return record
}

/** Signals as they lie in the store, in order; the first has number `consumed` + 1. */
export function signalsOf(consumed: number, reply: Reply | undefined): readonly Signal[] {
  return listOf(reply).map((json, i) => {
    const { id, type, data } = JSON.parse(String(json)) as Signal
    return { id, type, data, seq: consumed + 1 + i }
  })
}

export function consumedOf(reply: Reply | undefined): number {
  return numberIn(fieldsOf(listOf(listOf(reply)[1])), 'consumed')
}

function recordOf(id: RunId, fields: ReadonlyMap<string, string>, title: string): readonly [RunRecord, Policy] {
  const text = (name: string): string => fields.get(name) ?? ''
  const time = (name: string): number | null => (fields.has(name) ? numberIn(fields, name) : null)
  const epochs = JSON.parse(text('epochs')) as readonly (readonly [number, string])[]
  const record: RunRecord = {
    id, kind: text('kind'), principal: text('principal'), title, digest: text('digest'),
    status: text('status') as RunRecord['status'],
    tail: numberIn(fields, 'tail'),
    epochs: epochs.map(([from, epoch]): Epoch => ({ from, epoch })),
    fence: numberIn(fields, 'fence'),
    losses: numberIn(fields, 'losses'),
    leaseUntil: numberIn(fields, 'leaseUntil'),
    createdAt: numberIn(fields, 'createdAt'),
    endedAt: time('endedAt'),
    sealedTo: numberIn(fields, 'sealedTo'),
    deletedAt: time('deletedAt'),
  }
  return [record, { retention: numberIn(fields, 'retention'), tombstone: numberIn(fields, 'tombstone') }]
}

function fieldsOf(pairs: readonly Reply[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (let i = 0; i < pairs.length; i += 2) fields.set(String(pairs[i]), String(pairs[i + 1]))
  return fields
}

function numberIn(fields: ReadonlyMap<string, string>, name: string): number {
  const value = Number(fields.get(name))
  if (Number.isNaN(value)) throw corrupt(`the ${name} of a run cannot be read`)
  return value
}
