import { LEVELS, type Level } from '../../progress/item.ts'
import type { Past, Took } from '../../progress/estimate.ts'

/** The kind that workflows are, by the name an app gives it. */
export const WORKFLOW = 'workflow'
/** What a workflow's log says beside `progress`: how long like work took before it began … */
export const PAST = 'progress_past'
/** … and that a command could not be done any more when its turn came. */
export const REFUSED = 'progress_refused'

/** What is not of its form is left out. */
export function toPast(past: unknown): Past {
  return Array.isArray(past) ? (past as readonly unknown[]).filter(isTook) : []
}

function isTook(value: unknown): value is Took {
  if (typeof value !== 'object' || value === null) return false
  const { level, name, whole, each } = value as Readonly<Record<string, unknown>>
  return LEVELS.includes(level as Level) && typeof name === 'string' && isTime(whole) && (each === null || isTime(each))
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value)
}
