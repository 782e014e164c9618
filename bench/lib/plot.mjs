// Small plots as SVG by hand. They follow the reader's colour scheme, so that one file serves light pages and dark ones.
import { short } from './table.mjs'

const WIDTH = 760
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .quiet { fill: #656d76 }
  .bar, .dot { fill: #8c959f }
  .line { stroke: #8c959f; fill: none; stroke-width: 1.5 }
  .rule { stroke: #8c959f; stroke-dasharray: 3 3 }
  .bar.ours, .dot.ours { fill: #0969da }
  .line.ours { stroke: #0969da; stroke-width: 2.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #8d96a0 }
    .bar, .dot { fill: #6e7681 }
    .bar.ours, .dot.ours { fill: #4493f8 }
    .line { stroke: #6e7681 }
    .line.ours { stroke: #4493f8 }
  }`

/** @param {{ title: string, values: [string, number][] }} plot the first value is the limit: a rule goes down from it */
export function bars({ title, values }) {
  const [left, top, step] = [250, 40, 26]
  const most = Math.max(...values.map(([, value]) => value))
  const wide = (value) => (value / most) * (WIDTH - left - 60)
  const height = top + values.length * step + 8
  const rows = values.map(([name, value], index) => {
    const y = top + index * step
    return `<text x="${left - 10}" y="${y + 14}" text-anchor="end">${escaped(name)}</text>
<rect class="bar${ours(name)}" x="${left}" y="${y + 2}" width="${wide(value).toFixed(1)}" height="16" rx="2"/>
<text class="quiet" x="${(left + wide(value) + 6).toFixed(1)}" y="${y + 14}">${short(value)}</text>`
  })
  const limit = left + wide(values[0][1])
  const rule = `<line class="rule" x1="${limit.toFixed(1)}" x2="${limit.toFixed(1)}" y1="${top}" y2="${height - 8}"/>`
  return svg(title, height, [rule, ...rows])
}

/** @param {{ title: string, x: string, y: string, lines: Record<string, [number, number][]> }} plot both axes logarithmic: what matters is whether a line is flat */
export function lines({ title, x, y, lines: named }) {
  const [left, right, top, bottom] = [60, 200, 44, 40]
  const height = 340
  const points = Object.values(named).flat()
  const across = scale(points.map(([at]) => at), left, WIDTH - right)
  const up = scale(points.map(([, value]) => value), height - bottom, top + 10)
  const ticks = [...new Set(points.map(([at]) => at))].map((at) => `<text class="quiet" x="${across(at)}" y="${height - bottom + 20}" text-anchor="middle">${at}</text>`)
  const levels = [0.5, 0.7, 1, 2, 3, 5, 10].filter((level) => up(level) <= height - bottom + 1 && up(level) >= top)
    .map((level) => `<text class="quiet" x="${left - 24}" y="${up(level) + 4}" text-anchor="end">${level}</text>
<line class="rule" x1="${left - 16}" x2="${WIDTH - right + 8}" y1="${up(level)}" y2="${up(level)}" opacity="${level === 1 ? 1 : 0.3}"/>`)
  const labels = spread(Object.entries(named).map(([name, of]) => ({ name, y: up(of.at(-1)[1]) })))
  const drawn = Object.entries(named).map(([name, of]) => `<polyline class="line${ours(name)}" points="${of.map(([at, value]) => `${across(at)},${up(value)}`).join(' ')}"/>
${of.map(([at, value]) => `<circle class="dot${ours(name)}" cx="${across(at)}" cy="${up(value)}" r="3"/>`).join('')}
<text x="${WIDTH - right + 14}" y="${labels.get(name) + 4}">${escaped(name)}</text>`)
  const axes = `<text class="quiet" x="${left - 50}" y="${top - 8}">${escaped(y)}</text><text class="quiet" x="${WIDTH - right}" y="${height - 4}" text-anchor="end">${escaped(x)}</text>`
  return svg(title, height, [axes, ...ticks, ...levels, ...drawn])
}

function scale(values, from, to) {
  const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))]
  return (value) => Math.round((from + ((Math.log(value) - least) / (most - least || 1)) * (to - from)) * 10) / 10
}

/** Labels beside the ends of their lines, none over another. */
function spread(labels) {
  let free = 0
  return new Map(labels.toSorted((a, b) => a.y - b.y).map(({ name, y }) => {
    const at = Math.max(y, free)
    free = at + 15
    return [name, at]
  }))
}

function svg(title, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}
</style>
<text class="title" x="10" y="20">${escaped(title)}</text>
${parts.join('\n')}
</svg>
`
}

function ours(name) {
  return name.startsWith('millrace') ? ' ours' : ''
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
