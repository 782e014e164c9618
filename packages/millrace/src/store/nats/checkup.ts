import { MillraceError } from '../../event/error.ts'
import type { JetStreamManager, NatsConnection } from './clients.ts'
import { notEnabled } from './failure.ts'

/** What the store asks for that older ones lack: messages got directly, pages by bytes, and the republishing of what was taken in. */
const OLDEST: readonly [major: number, minor: number] = [2, 9]

/** @throws MillraceError `store_failed` for a server that will not do */
export async function checkUp({ info }: Pick<NatsConnection, 'info'>, manager: Pick<JetStreamManager, 'getAccountInfo'>): Promise<void> {
  const version = info?.version ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
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
