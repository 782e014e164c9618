import { MillraceError } from '../../event/error.ts'
import type { JetStreamManager, StreamConfig, StreamInfo } from './clients.ts'
import { codeOf, STREAM_NOT_FOUND } from './failure.ts'
import type { Names } from './names.ts'

/**
 * Makes the streams of the store, or looks at those that are there.
 *
 * @returns how many replicas they have, and whether they may be read directly
 * @throws MillraceError `store_failed` for streams that will not do
 */
export async function ensureStreams(
  manager: JetStreamManager, names: Names, replicas: number | undefined, warn: (message: string) => void,
): Promise<{ readonly replicas: number; readonly isDirect: boolean }> {
  const shared = { storage: 'file', num_replicas: replicas ?? 1, allow_direct: true } as const
  const streams: readonly StreamConfig[] = [
    {
      ...shared, name: names.logs, subjects: [names.everyLog, names.everyPiece], max_msgs_per_subject: -1,
      // A watcher is sent only what was taken in; the subject of the log itself carries also what is refused.
      republish: { src: names.everyLog, dest: names.everyWake },
    },
    { ...shared, name: names.places, subjects: [names.everyPlace], max_msgs_per_subject: 1 },
  ]
  const found = await Promise.all(streams.map((wanted) => ensure(manager, wanted)))
  for (const [i, { config }] of found.entries()) {
    const wanted = streams[i]
    if (wanted) check(config, wanted, replicas, warn)
  }
  return { replicas: Math.max(...found.map(({ config }) => config.num_replicas)), isDirect: found.every(({ config }) => config.allow_direct) }
}

async function ensure(manager: JetStreamManager, wanted: StreamConfig): Promise<StreamInfo> {
  const found = await find(manager, wanted.name)
  if (found) return found
  try {
    return await manager.streams.add(wanted)
  } catch (error) {
    // Where another process makes it at the same time both are mostly answered with success; or one is told that its subjects are taken.
    const made = await find(manager, wanted.name)
    if (made) return made
    throw error
  }
}

async function find(manager: JetStreamManager, name: string): Promise<StreamInfo | null> {
  try {
    return await manager.streams.info(name)
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return null
    throw error
  }
}

function check(config: StreamInfo['config'], wanted: StreamConfig, replicas: number | undefined, warn: (message: string) => void): void {
  const wrong = (['max_age', 'max_bytes', 'max_msgs'] as const).find((limit) => config[limit] > 0)
    ?? (['subjects', 'max_msgs_per_subject', 'republish'] as const).find((name) => saidOf(config[name]) !== saidOf(wanted[name]))
  if (wrong !== undefined) {
    throw new MillraceError(
      'store_failed',
      `The stream ${config.name} is there with another \`${wrong}\` than the store needs (${saidOf(config[wrong])}): change or delete it, or give the store another \`prefix\`.`,
    )
  }
  if (config.storage === 'memory') warn(`The stream ${config.name} is kept in memory: when NATS stops, acknowledged runs are lost.`)
  if (replicas !== undefined && config.num_replicas !== replicas) {
    warn(`The stream ${config.name} has ${String(config.num_replicas)} replicas, not ${String(replicas)}: change it with \`nats stream edit --replicas\`.`)
  }
}

function saidOf(value: unknown): string {
  const list = Array.isArray(value) ? [...(value as readonly unknown[])].sort() : value
  return JSON.stringify(list ?? null, ['src', 'dest'])
}
