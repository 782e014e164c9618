import { refusal } from '../refusal.ts'
import { recordAt } from '../rules.ts'
import type { RunId } from '../store.ts'
import type { Held } from './held.ts'

interface Known {
  get(id: RunId): Held | null
}

/** The run as it stands at `now`: itself, its tombstone, or `null` for no trace, whether swept yet or not. */
export function standing(known: Known, run: RunId, now: number): Held | null {
  const held = known.get(run)
  return held && standingAt(held, now)
}

export function standingAt(held: Held, now: number): Held | null {
  const { state } = held
  const record = recordAt(state.record, state.policy, now)
  if (record === state.record) return held
  return record && { ...held, state: { ...state, record }, signals: [] }
}

/** A run that still has its data. @throws MillraceError `not_found`, `gone` */
export function alive(known: Known, run: RunId, now: number): Held {
  const held = standing(known, run, now)
  if (!held) throw refusal('not_found', run)
  if (held.state.record.deletedAt !== null) throw refusal('gone', run)
  return held
}
