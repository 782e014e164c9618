import type { EndStatus, RunStatus } from '../../event/run-event.ts'
import { refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { recordAt } from '../rules.ts'
import type { RunId, RunRecord, Signal } from '../store.ts'
import { corrupt } from './failure.ts'
import { textOf } from './text.ts'

/** A run's row as the functions tell it, and when that was. */
export interface Told {
  readonly now: number
  readonly run: ToldRun | null
}

export interface ToldRun {
  readonly id: RunId
  readonly kind: string
  readonly principal: string
  readonly title: string
  readonly digest: string
  readonly status: RunStatus | EndStatus
  readonly tail: number
  readonly epochs: readonly (readonly [from: number, epoch: string])[]
  readonly fence: number
  readonly losses: number
  readonly lease_until: number
  readonly created_at: number
  readonly ended_at: number | null
  readonly sealed_to: number
  readonly deleted_at: number | null
  readonly retention: number
  readonly tombstone: number
}

const REFUSALS: readonly string[] = ['fenced', 'ended', 'conflict', 'regressed', 'gone', 'not_found'] satisfies Refusal[]

/** What a function answered. @throws MillraceError where it refused */
export function accepted(answer: unknown, run: RunId): unknown {
  if (typeof answer !== 'string') throw corrupt('an answer is not the one that was asked for')
  if (isRefusal(answer)) throw refusal(answer, run)
  return JSON.parse(answer)
}

function isRefusal(answer: string): answer is Refusal {
  return REFUSALS.includes(answer)
}

/** As it stands at that time: itself, its tombstone, or `null` for no trace. */
export function recordOf({ now, run }: Told): RunRecord | null {
  if (run === null) return null
  const record: RunRecord = {
    id: run.id, kind: textOf(run.kind), principal: textOf(run.principal), title: textOf(run.title), digest: textOf(run.digest),
    status: run.status,
    tail: run.tail,
    epochs: run.epochs.map(([from, epoch]) => ({ from, epoch })),
    fence: run.fence,
    losses: run.losses,
    leaseUntil: run.lease_until,
    createdAt: run.created_at,
    endedAt: run.ended_at,
    sealedTo: run.sealed_to,
    deletedAt: run.deleted_at,
  }
  return recordAt(record, run, now)
}

/** A record that has its data. @throws MillraceError `not_found`, `gone` */
export function aliveOf(id: RunId, told: Told): RunRecord {
  const record = recordOf(told)
  if (record === null) throw refusal('not_found', id)
  if (record.deletedAt !== null) throw refusal('gone', id)
  return record
}

export function signalsOf(signals: readonly Signal[]): readonly Signal[] {
  return signals.map(({ seq, id, type, data }) => ({ seq, id: textOf(id), type: textOf(type), data }))
}
