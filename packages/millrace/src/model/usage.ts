import type { Usage } from '../event/run-event.ts'

/** Those counters that are numbers: vendors leave out, or send as `null`, what they do not count. */
export function countersOf(counters: Readonly<Record<string, unknown>>): Usage {
  return Object.fromEntries(Object.entries(counters).filter((entry): entry is [string, number] => Number.isFinite(entry[1])))
}
