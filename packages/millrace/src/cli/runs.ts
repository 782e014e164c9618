import { createClient } from '../client/client.ts'
import type { RunInfo } from '../protocol/wire.ts'
import type { RunsCommand } from './arguments.ts'
import { patient } from './reach.ts'
import { toJsonLine, toLine } from './terminal.ts'

/** As many as a server lists at once. */
const LIMIT = 100

/** Lists one's own runs. @returns the exit code */
export async function runs({ base, access, json }: RunsCommand): Promise<number> {
  const { runs, next } = await createClient(base, patient(access)).list({ limit: LIMIT })
  process.stdout.write(json ? runs.map(toJsonLine).join('') : tableOf(runs, Date.now()))
  if (next !== undefined) process.stderr.write(`Only the newest ${String(LIMIT)} are shown.\n`)
  return 0
}

/** Columns as wide as they need to be; nothing but a line of heads where there is no run. */
function tableOf(runs: readonly RunInfo[], now: number): string {
  const rows = [
    ['ID', 'KIND', 'STATUS', 'AGE', 'TITLE'],
    ...runs.map(({ id, kind, status, createdAt, title }) => [id, kind, status, ageOf(now - createdAt), title].map(toLine)),
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()
  return rows.map((row) => `${line(row)}\n`).join('')
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000]] as const

/** In its largest unit. Clocks differ: a run is never younger than nothing. */
function ageOf(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ['s', 1000]
  return `${String(Math.max(Math.floor(ms / size), 0))}${unit}`
}
