export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Three digits say all that a bench knows. */
export function short(number) {
  const size = Math.abs(number)
  if (size >= 100) return number.toFixed(0)
  if (size >= 10) return number.toFixed(1)
  return size >= 0.1 || size === 0 ? number.toFixed(2) : number.toPrecision(2)
}

/** Rows of equal keys as a Markdown table. */
export function table(rows) {
  const heads = Object.keys(rows[0])
  const cells = [heads, ...rows.map((row) => heads.map((head) => text(row[head])))]
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`)
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
  return lines.join('\n')
}

function text(value) {
  return typeof value === 'number' && !Number.isInteger(value) ? short(value) : String(value)
}
