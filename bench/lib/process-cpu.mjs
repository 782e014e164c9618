import { readFileSync, readdirSync } from 'node:fs'

/** Of a clock tick, in seconds, on every Linux there is. */
const TICK = 0.01

/** Seconds of CPU that a process and its children have used, those that are gone included. */
export function cpuOfTree(pid) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).reduce((sum, name) => sum + cpuOfOne(name, pid), 0)
}

function cpuOfOne(name, pid) {
  let fields
  try {
    // The name of the program, in parentheses, may hold anything.
    fields = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
  } catch {
    return 0
  }
  const [parent, user, system, goneUser, goneSystem] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]))
  if (Number(name) === pid) return (user + system + goneUser + goneSystem) * TICK
  return parent === pid ? (user + system) * TICK : 0
}
