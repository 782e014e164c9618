import { MillraceError } from '../../event/error.ts'
import type { JetStreamManager, NatsConnection } from './clients.ts'
import { notEnabled } from './failure.ts'

type Version = readonly [major: number, minor: number]

/** What the store asks for that older ones lack: messages got directly, and the republishing of what was taken in. */
const OLDEST: Version = [2, 9]
/**
 * Before it, a stream with replicas looks at the last message of a subject when it proposes another one, and not again when it stores it:
 * of several writers at the same moment more than one is told that it was first (nats-server issue 4320; seen on 2.9.10).
 */
const OLDEST_REPLICATED: Version = [2, 12]

/** @throws MillraceError `store_failed` for a server that will not do */
export async function checkUp({ info }: Pick<NatsConnection, 'info'>, manager: Pick<JetStreamManager, 'getAccountInfo'>): Promise<void> {
  const version = info?.version ?? ''
  if (isBefore(version, OLDEST)) {
    throw new MillraceError('store_failed', `This NATS server is version ${version}; the store needs version 2.9 or later.`)
  }
  try {
    await manager.getAccountInfo()
  } catch (error) {
    // Another server of its cluster may have it; where none answers and this one has none, nobody has.
    if (info?.jetstream !== true && error instanceof Error && error.name === 'JetStreamNotEnabled') throw notEnabled()
    throw error
  }
}

/** @throws MillraceError `store_failed` where streams with so many replicas take a write from two at once */
export function checkReplicas({ info }: Pick<NatsConnection, 'info'>, replicas: number): void {
  const version = info?.version ?? ''
  if (replicas === 1 || !isBefore(version, OLDEST_REPLICATED)) return
  throw new MillraceError(
    'store_failed',
    `This NATS server is version ${version}; streams with ${String(replicas)} replicas need version 2.12 or later, since older ones may accept two writes at once. Use \`replicas: 1\`.`,
  )
}

function isBefore(version: string, [oldestMajor, oldestMinor]: Version): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}
