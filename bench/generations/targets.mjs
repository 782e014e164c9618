import { ratio, spread, typical } from '../lib/rounds.mjs'

const MEMORY = 'millrace, memory'
const RELAXED = 'millrace, SQLite NORMAL'
const FULL = 'millrace, SQLite FULL'
const RAW = 'raw res.write'
const CPU = 'CPU-s/M tokens'

/** What is asked of us in one part: of every contender of ours that was measured. */
const TARGETS = {
  unpaced: ([{ samples }]) => each(samples, { [MEMORY]: 1, [RELAXED]: 1.3, [FULL]: 1.5 }, (name, atMost) =>
    [{ what: `generations at full speed, ${name}: CPU a token × raw`, value: ratio(samples, name, CPU), atMost }]),
  paced: ([{ samples }]) => each(samples, { [MEMORY]: 10, [RELAXED]: 10, [FULL]: 20 }, (name, atMost) => [
    { what: `1,000 generations at 50 tokens/s, ${name}: tokens/s × raw`, value: ratio(samples, name, 'k tokens/s'), atLeast: 0.98 },
    { what: `1,000 generations at 50 tokens/s, ${name}: p99 beyond raw's`, value: beyond(samples, name, 'p99 ms'), atMost, unit: ' ms' },
  ]),
  first: ([{ samples }]) => each(samples, { [MEMORY]: 0.3 }, (name, atMost) =>
    [{ what: `first event → first byte, ${name}: beyond raw's`, value: beyond(samples, name, 'p50 ms'), atMost, unit: ' ms' }]),
  growth: (measured) => each(measured[0].samples, { [MEMORY]: 15 }, (name, atMost) => {
    const value = spread(measured.map(({ samples }) => ratio(samples, name, CPU)))
    return [{ what: `growth from 1 to ${measured.at(-1).work.atOnce} runs, ${name}: the ratio stays within ±`, value, atMost, unit: ' %' }]
  }),
  turnover: (measured) => each(measured[0].samples, { [MEMORY]: 10 }, (name, atMost) => {
    const [first, last] = [measured.at(0), measured.at(-1)].map(({ samples }) => typical(samples, name, 'heap MB'))
    return [{ what: `heap after ${measured.at(-1).work.runs} runs beyond that after ${measured[0].work.runs}, ${name}`, value: last - first, atMost, unit: ' MB' }]
  }),
}

export function targetsOf(part, measured) {
  return TARGETS[part](measured)
}

function each(samples, limits, targets) {
  return Object.entries(limits).filter(([name]) => name in samples).flatMap(([name, limit]) => targets(name, limit))
}

function beyond(samples, name, figure) {
  return typical(samples, name, figure) - typical(samples, RAW, figure)
}
