import { MillraceError } from '../../event/error.ts'
import { codeOf } from './failure.ts'

const OLDEST = 7

/**
 * Looks at what the server tells of itself. INFO says what CONFIG would, and managed servers that
 * forbid CONFIG allow it.
 *
 * @throws MillraceError `store_failed` for a server that will not do
 */
export async function checkUp(isCluster: boolean, ask: () => Promise<unknown>, warn: (message: string) => void): Promise<void> {
  const info = await infoOf(ask)
  if (info === null) {
    warn('This Redis does not tell how it keeps its data (INFO is forbidden): see to it that `appendonly` is yes and `maxmemory-policy` noeviction.')
    return
  }
  refuse(info, isCluster)
  for (const message of concerns(info)) warn(message)
}

async function infoOf(ask: () => Promise<unknown>): Promise<ReadonlyMap<string, string> | null> {
  try {
    const lines = String(await ask()).split('\r\n').filter((line) => line.includes(':'))
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
  } catch (error) {
    if (error instanceof MillraceError && codeOf(error.cause) === 'NOPERM') return null
    throw error
  }
}

function refuse(info: ReadonlyMap<string, string>, isCluster: boolean): void {
  const version = info.get('redis_version') ?? ''
  if (Number.parseInt(version) < OLDEST) {
    throw new MillraceError('store_failed', `This Redis is version ${version}; the store needs version 7 or later (or Valkey).`)
  }
  if (info.get('redis_mode') === 'cluster' && !isCluster) {
    throw new MillraceError(
      'store_failed',
      'This server belongs to a cluster: hand the store a client for clusters, redis(createCluster({ rootNodes: [{ url }] })).',
    )
  }
}

function concerns(info: ReadonlyMap<string, string>): string[] {
  const found: string[] = []
  if (info.get('aof_enabled') === '0') {
    found.push('This Redis keeps no append-only file: when it stops, acknowledged runs are lost. Set `appendonly yes`.')
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction'
  if (policy !== 'noeviction' && info.get('maxmemory') !== '0') {
    found.push(`This Redis evicts when its memory is full (${policy}), which removes parts of runs. Set \`maxmemory-policy noeviction\`.`)
  }
  return found
}
