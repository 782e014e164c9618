import { mkdirSync, writeFileSync } from 'node:fs'
import { machine } from './machine.mjs'
import { short, table } from './table.mjs'

const RESULTS = new URL('../results/', import.meta.url)

/**
 * Prints what a bench found, and keeps it where `--save` asks for it.
 *
 * @typedef {{ name: string, title: string, rows: object[], bars?: string, notes?: string[] }} Table
 *   `bars`: the column that is drawn as `docs/performance/BENCH-NAME.svg`
 * @typedef {{ name: string, title: string, x: string, y: string, lines: Record<string, [number, number][]> }} Plot
 * @typedef {{ what: string, value: number, atMost?: number, atLeast?: number, unit?: string }} Target
 * @param {{ bench: string, title: string, tables: Table[], plots?: Plot[], targets?: Target[] }} found
 * @param {{ save: boolean, quick: boolean }} options
 */
export function publish(found, options) {
  for (const { title, rows, notes = [] } of found.tables) console.log([`\n${title}\n`, table(rows), ...notes].join('\n'))
  const targets = found.targets ?? []
  if (targets.length > 0) console.log(`\n${table(targets.map(judged))}`)
  if (!options.save) return
  mkdirSync(RESULTS, { recursive: true })
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ')
  const result = { ...found, command, quick: options.quick, date: new Date().toISOString().slice(0, 16), machine: machine() }
  writeFileSync(new URL(`${found.bench}.json`, RESULTS), `${JSON.stringify(result, null, 1)}\n`)
}

/** A target as a row: what was asked, and what came out. */
export function judged({ what, value, atMost, atLeast, unit = '' }) {
  const asked = atMost === undefined ? `≥ ${atLeast}${unit}` : `≤ ${atMost}${unit}`
  const met = atMost === undefined ? value >= atLeast : value <= atMost
  return { what, target: asked, measured: `${short(value)}${unit}`, met: met ? 'yes' : '**no**' }
}
