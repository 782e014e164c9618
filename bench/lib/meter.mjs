import { startProfile } from './profile.mjs'

/** CPU and wall time of this process from now on. */
export function startMeter() {
  const stopProfile = startProfile()
  const cpu = process.cpuUsage()
  const wall = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    const seconds = (performance.now() - wall) / 1000
    const cpuSeconds = (user + system) / 1e6
    stopProfile()
    return { seconds, cpuSeconds, cores: cpuSeconds / seconds }
  }
}
