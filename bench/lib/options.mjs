import { parseArgs } from 'node:util'

const COMMON = {
  rounds: { type: 'string' },
  // Under two minutes: enough to see a change, not to publish a figure.
  quick: { type: 'boolean', default: false },
  // Keeps the results for `docs/performance.md`.
  save: { type: 'boolean', default: false },
}

/** The options every bench has, and its own beside them. */
export function optionsOf(args, own = {}) {
  return parseArgs({ args, options: { ...COMMON, ...own } }).values
}
