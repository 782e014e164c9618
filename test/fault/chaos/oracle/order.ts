import type { Findings } from './finding.ts'

/** Holds numbers as they came against 1, 2, 3, … `last`: each once, none missing, in order. */
export function judgeOrder(numbers: readonly number[], last: number, who: string, findings: Findings): void {
  const seen = new Set<number>()
  let highest = 0
  for (const n of numbers) {
    if (seen.has(n)) findings.add('doubled', `${who}: ${String(n)} came again`)
    else if (n < highest) findings.add('reordered', `${who}: ${String(n)} came after ${String(highest)}`)
    seen.add(n)
    highest = Math.max(highest, n)
  }
  for (let n = 1; n <= Math.max(last, highest); n += 1) if (!seen.has(n)) findings.add('lost', `${who}: ${String(n)} is missing`)
}
