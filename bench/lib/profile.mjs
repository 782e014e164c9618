import { mkdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { basename, join } from 'node:path'

/** In µs: a join takes a millisecond. */
const INTERVAL = 200
const folder = process.env.MILLRACE_BENCH_PROFILE
/** The contender and what it was told. */
const name = process.argv.slice(1).map((part) => basename(part)).join('-').replace(/\W+/g, '-')
let written = 0

/** What a process is told whose CPU profiles are wanted; `undefined`: none are. */
export function envOf(profile) {
  return profile === undefined ? process.env : { ...process.env, MILLRACE_BENCH_PROFILE: profile }
}

/** Profiles this process from now on, where that is wanted. What it gives writes the file. */
export function startProfile() {
  if (folder === undefined) return () => {}
  const session = new Session()
  session.connect()
  // Within one process all of these are answered before they return.
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL })
  session.post('Profiler.start')
  return () => {
    session.post('Profiler.stop', (error, { profile } = {}) => {
      if (error) throw error
      written += 1
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${name}-${process.pid}-${written}.cpuprofile`), JSON.stringify(profile))
    })
    session.disconnect()
  }
}
