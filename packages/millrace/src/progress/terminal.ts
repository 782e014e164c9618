import type { ProgressStatus } from '../event/run-event.ts'
import type { ProgressSnapshot } from './snapshot.ts'
import { wordsOf } from './words.ts'

export interface TerminalOptions {
  /** Columns of the terminal. Default 80. */
  readonly columns?: number
  /** Default: none. A terminal that wants none says so in `NO_COLOR`. */
  readonly colors?: boolean
}

const BAR = 20
const NAME = 24
/** What would move the cursor, or turn the line around. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu
const COLORS: Readonly<Record<ProgressStatus, string>> = {
  pending: '2', running: '36', paused: '33', completed: '32', failed: '31', skipped: '2', cancelled: '33',
}

/** A tree of progress as lines for a terminal, one an item, none longer than it is wide. */
export function progressText({ items }: ProgressSnapshot, { columns = 80, colors = false }: TerminalOptions = {}): string {
  const lines = items.map((item) => {
    const indent = '  '.repeat(Math.min(item.depth, 8))
    const name = `${indent}${item.name}`.replace(UNSEEN, ' ').slice(0, NAME).padEnd(NAME)
    const line = `${name} ${terminalBar(item.fraction)} ${wordsOf(item).replace(UNSEEN, ' ')}`.slice(0, columns).trimEnd()
    const color = COLORS[item.status]
    return colors ? `\x1b[${color}m${line}\x1b[0m` : line
  })
  return lines.join('\n')
}

/** @param fraction `null` where the end is not known */
export function terminalBar(fraction: number | null): string {
  const filled = Math.round((fraction ?? 0) * BAR)
  return `[${fraction === null ? '?'.repeat(BAR) : '#'.repeat(filled) + '.'.repeat(BAR - filled)}]`
}
