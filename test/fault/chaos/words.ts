import type { Entry } from '../../../packages/millrace/src/index.ts'

/** A word a run says: its number among them, and a sum by which it is known for that run's own. */
export interface Word {
  readonly n: number
  readonly sum: string
}

const WORD = /(\d+):([0-9a-f]{8}) /g

export function wordOf(run: string, n: number): string {
  return `${String(n)}:${sumOf(run, n)} `
}

/** Those in a text, which may have been joined of many. */
function wordsIn(text: string): Word[] {
  return [...text.matchAll(WORD)].map(([, n, sum = '']) => ({ n: Number(n), sum }))
}

export function isWordOf(run: string, { n, sum }: Word): boolean {
  return sum === sumOf(run, n)
}

export function wordsOf(entry: Entry): Word[] {
  return entry.type === 'delta' ? wordsIn(entry.text) : []
}

/** FNV-1a: it need not withstand anybody, only tell words apart. */
function sumOf(run: string, n: number): string {
  let hash = 0x811c9dc5
  for (const character of `${run} ${String(n)}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
