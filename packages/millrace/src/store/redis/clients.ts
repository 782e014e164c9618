import { MillraceError } from '../../event/error.ts'
import { missingPackage } from '../../event/missing-package.ts'
import { linkIoredis, linkIoredisCluster } from './ioredis.ts'
import type { IoredisClient, IoredisCluster } from './ioredis.ts'
import type { Link, LinkEvents } from './link.ts'
import { linkNodeRedis, linkNodeRedisCluster } from './node-redis.ts'
import type { NodeRedisClient, NodeRedisCluster } from './node-redis.ts'

/** A client of the package `redis` (5 or later) or `ioredis` (5 or later), for one server or for a cluster. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient | IoredisCluster

/** What may follow the host: the number of a database. */
const DATABASE = /^(?:\/\d*)?$/

/** A link through a user's client, or through one of our own where only a URL is given; not connected yet. */
export async function openLink(target: string | RedisClient, events: LinkEvents): Promise<Link> {
  if (typeof target === 'string') return linkNodeRedis(await clientFor(target), true, events)
  if ('call' in target) {
    return isIoredisCluster(target) ? linkIoredisCluster(target, events) : linkIoredis(target, events)
  }
  return 'sSubscribe' in target && 'masters' in target
    ? linkNodeRedisCluster(target, events)
    : linkNodeRedis(target, false, events)
}

/** Both kinds of ioredis have the property. */
function isIoredisCluster(client: IoredisClient | IoredisCluster): client is IoredisCluster {
  return 'isCluster' in client && client.isCluster
}

/** In ms. */
const FIRST_RETRY = 50
const LONGEST_RETRY = 500

/**
 * The package's own wait grows to two seconds, and all who wait for a Redis that is back would wait for that too. Half of it
 * by chance: processes that lost it together do not come back together.
 */
function reconnectStrategy(retries: number): number {
  return Math.min(FIRST_RETRY * 2 ** retries, LONGEST_RETRY) * (0.5 + Math.random() / 2)
}

/** @throws MillraceError `missing_package` */
async function clientFor(url: string): Promise<NodeRedisClient> {
  const { createClient } = await import('redis').catch((cause: unknown) => {
    throw missingPackage('The Redis store needs', 'redis', cause)
  })
  return createClient({ url, socket: { reconnectStrategy } })
}

/** @throws MillraceError `store_failed` for what is neither a URL of Redis nor a client */
export function checkTarget(target: string | RedisClient): void {
  if (typeof target === 'string') {
    checkUrl(target)
    return
  }
  const isClient = target instanceof Object && 'on' in target && ('call' in target || 'sendCommand' in target)
  if (!isClient) throw new MillraceError('store_failed', 'The Redis store takes a URL, or a client of the package `redis` or `ioredis`: this is neither.')
}

/** @throws MillraceError `store_failed` for what no client takes for a Redis URL */
function checkUrl(url: string): void {
  const isRedis = URL.canParse(url) && ['redis:', 'rediss:'].includes(new URL(url).protocol) && DATABASE.test(new URL(url).pathname)
  // The URL may hold a password: it is not repeated.
  if (!isRedis) throw new MillraceError('store_failed', 'The Redis store takes a URL like redis://HOST:6379 (with /1 behind it for database 1), or rediss:// for TLS.')
}
