import { typical } from '../lib/rounds.mjs'
import { median } from '../lib/table.mjs'

export function embeddedTargets({ runs, samples }) {
  if (runs !== 100) return []
  // Of the same round: what a flush costs changes from one moment to the next.
  const toFile = (name) => median(samples[name].map((sample, round) => sample['k entries/s'] / samples['file + fdatasync'][round]['k entries/s']))
  return [
    { what: 'SQLite NORMAL, 100 runs', value: typical(samples, 'millrace, SQLite NORMAL', 'k entries/s'), atLeast: 300, unit: ' k/s' },
    { what: 'SQLite FULL × file + fdatasync, 100 runs', value: toFile('millrace, SQLite FULL'), atLeast: 0.5 },
    { what: 'the same, joined as a producer writes it', value: toFile('millrace, SQLite FULL, joined'), atLeast: 0.5 },
  ]
}

export function engineTargets(name, { full, one }, { runs, samples }) {
  const commands = (contender) => typical(samples, contender, 'commands an entry')
  return [
    { what: `${name}, ${runs} at once, full speed: commands an entry`, value: commands('millrace, full speed'), atMost: full },
    { what: `${name}, ${runs} at once, one entry in flight: commands an entry`, value: commands('millrace, one entry in flight'), atMost: one },
  ]
}
