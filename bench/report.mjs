// Tables and plots of docs/performance.md, from what the benches left in bench/results.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { bars, lines } from './lib/plot.mjs'
import { judged } from './lib/publish.mjs'
import { table } from './lib/table.mjs'

const RESULTS = new URL('results/', import.meta.url)
const PLOTS = new URL('../docs/performance/', import.meta.url)
const DOCUMENT = new URL('../docs/performance.md', import.meta.url)

/** Writes what was saved last between the document's markers: `<!-- bench:NAME -->` to `<!-- /bench -->`. */
export function report() {
  const found = readdirSync(RESULTS).filter((file) => file.endsWith('.json')).map((file) => JSON.parse(readFileSync(new URL(file, RESULTS), 'utf8')))
  mkdirSync(PLOTS, { recursive: true })
  const sections = { targets: targetsOf(found), ...Object.fromEntries(found.map((one) => [one.bench, sectionOf(one)])) }
  const document = readFileSync(DOCUMENT, 'utf8').replace(/(<!-- bench:(\S+) -->\n).*?(<!-- \/bench -->)/gs, (whole, begin, name, end) =>
    name in sections ? `${begin}\n${sections[name]}\n\n${end}` : whole)
  writeFileSync(DOCUMENT, document)
  console.log(`docs/performance.md has ${found.map(({ bench }) => bench).join(', ')}.`)
}

function targetsOf(found) {
  const rows = found.flatMap(({ targets = [], command, quick }) => targets.map((target) => ({ ...judged(target), command: `\`${command}\`${quick ? ' (short)' : ''}` })))
  return rows.length === 0 ? 'No results yet.' : table(rows)
}

function sectionOf({ bench, tables, plots = [], command, date, machine, quick }) {
  const { cpu, cores, memory, system, node, millrace } = machine
  const parts = [`\`${command}\`, ${date.replace('T', ' ')} UTC${quick ? ', the short form' : ''}: Node ${node}, ${system}, ${cores} × ${cpu}, ${memory}, commit ${millrace}.`]
  for (const { name, title, x, y, lines: of } of plots) parts.push(image(bench, name, title, lines({ title, x, y, lines: of })))
  for (const { name, title, rows, bars: column, notes = [] } of tables) {
    parts.push(`**${title}**`)
    if (column) parts.push(image(bench, name, `${title}: ${column}`, bars({ title: `${title}: ${column}`, values: rows.map((row) => [row.contender, row[column]]) })))
    parts.push(table(rows), ...notes)
  }
  return parts.join('\n\n')
}

function image(bench, name, title, svg) {
  const file = `${bench}-${name}.svg`
  writeFileSync(new URL(file, PLOTS), svg)
  return `![${title}](performance/${file})`
}
