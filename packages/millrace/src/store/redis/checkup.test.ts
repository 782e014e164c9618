import { expect, test } from 'vitest'
import { checkUp } from './checkup.ts'

/** What a server tells of itself; those of these kinds cannot be had here. */
function info(lines: Readonly<Record<string, string>>): () => Promise<string> {
  return () => Promise.resolve(Object.entries(lines).map(([name, value]) => `${name}:${value}\r\n`).join(''))
}

const good = { redis_version: '7.0.15', redis_mode: 'standalone', aof_enabled: '1', maxmemory: '0', maxmemory_policy: 'noeviction' }

test('an old server is refused with the version it needs', async () => {
  const checking = checkUp(false, info({ ...good, redis_version: '6.2.14' }), () => undefined)
  await expect(checking).rejects.toMatchObject({ code: 'store_failed', message: expect.stringMatching(/6\.2\.14.*version 7/) as string })
})

test('a node of a cluster wants a client for clusters', async () => {
  const cluster = info({ ...good, redis_mode: 'cluster' })
  await expect(checkUp(false, cluster, () => undefined)).rejects.toMatchObject({ message: expect.stringContaining('createCluster') as string })
  await expect(checkUp(true, cluster, () => undefined)).resolves.toBeUndefined()
})

test('a policy of eviction matters only where memory has a limit', async () => {
  const said: string[] = []
  const evicting = { ...good, maxmemory_policy: 'volatile-lru' }
  await checkUp(false, info(evicting), (message) => said.push(message))
  expect(said).toEqual([])
  await checkUp(false, info({ ...evicting, maxmemory: '1048576' }), (message) => said.push(message))
  expect(said).toEqual([expect.stringContaining('volatile-lru')])
})
