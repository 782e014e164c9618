import type { ProgressItem } from './snapshot.ts'

/** How far an item is, in words: for whoever hears it, and beside every bar. */
export function wordsOf({ status, fraction, done, total, message, remaining }: ProgressItem): string {
  const parts: string[] = status === 'running' ? [] : [status]
  if (fraction !== null && status !== 'pending') parts.push(`${String(Math.floor(fraction * 100))} %`)
  if (done !== null) parts.push(total === null ? String(done) : `${String(done)} of ${String(total)}`)
  if (remaining !== null && (status === 'running' || status === 'pending')) parts.push(`about ${durationOf(remaining)} left`)
  if (message !== null) parts.push(message)
  return parts.length === 0 ? status : parts.join(', ')
}

/** As exact as a guess deserves. */
function durationOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 100) return `${String(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 100 ? `${String(minutes)} min` : `${String(Math.round(minutes / 60))} h`
}
