import { createClient } from 'redis'

async function ask(port, ...command) {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  const answer = await client.sendCommand(command)
  client.destroy()
  return answer
}

/** Every contender has an empty server, which has counted nothing. */
export async function clear({ port }) {
  await ask(port, 'FLUSHALL')
  await ask(port, 'CONFIG', 'RESETSTAT')
}

/** Commands that a contender has sent for entries: scripts, or where it uses none XADDs and PUBLISHes (those within a script are not sent). */
export async function commandsOf({ port }) {
  const stats = await ask(port, 'INFO', 'commandstats')
  const calls = (name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  const scripts = calls('evalsha') + calls('eval')
  return scripts > 0 ? scripts : calls('xadd') + calls('publish')
}

/** Seconds of CPU that the server has used since it started. */
export async function cpuOf({ port }) {
  const cpu = await ask(port, 'INFO', 'cpu')
  return Number(/used_cpu_sys:([\d.]+)/.exec(cpu)[1]) + Number(/used_cpu_user:([\d.]+)/.exec(cpu)[1])
}
