import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { cpuOfTree } from '../lib/process-cpu.mjs'

/** Every contender has an empty server; `raw` has a stream as durable as the store's own. */
export async function clear({ url }) {
  const connection = await connect({ servers: url })
  const { streams } = await jetstreamManager(connection)
  for await (const { config } of streams.list()) await streams.delete(config.name)
  await streams.add({ name: 'raw', subjects: ['raw.>'], storage: 'file' })
  await connection.close()
}

/** Messages that clients have sent: entries and questions alike. What the server sends on by itself is not counted. */
export async function commandsOf({ monitor }) {
  const response = await fetch(`http://127.0.0.1:${monitor}/varz`)
  return (await response.json()).in_msgs
}

/** Seconds of CPU that the server has used since it started. */
export function cpuOf({ pid }) {
  return cpuOfTree(pid)
}
