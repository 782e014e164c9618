import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { redis } from '../../packages/millrace/src/store/redis/store.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'
import type { StoreHarness } from '../../packages/millrace/src/store/testing/harness.ts'
import { serverHarness } from './server-harness.ts'

/** A store on connections of its own, as another process has one; closing it lets go of them. */
export type OpenStore = (prefix: string) => Store

/** Every data set is a prefix of its own on the same server. */
export function redisHarness(openStore: OpenStore): StoreHarness {
  return serverHarness(openStore)
}

const quiet = (): void => undefined

export function withUrl(url: string): OpenStore {
  return (prefix) => redis(url, { prefix, warn: quiet })
}

export function withNodeRedis(url: string): OpenStore {
  return (prefix) => {
    const client = createClient({ url }).on('error', quiet)
    return closing(redis(client, { prefix, warn: quiet }), () => { if (client.isOpen) client.destroy() })
  }
}

export function withIoredis(port: number): OpenStore {
  return (prefix) => {
    const client = new Redis(port).on('error', quiet)
    return closing(redis(client, { prefix, warn: quiet }), () => { client.disconnect() })
  }
}

export function withNodeRedisCluster(ports: readonly number[]): OpenStore {
  return (prefix) => {
    const rootNodes = ports.map((port) => ({ url: `redis://127.0.0.1:${String(port)}` }))
    const cluster = createCluster({ rootNodes }).on('error', quiet)
    return closing(redis(cluster, { prefix, warn: quiet }), () => { if (cluster.isOpen) cluster.destroy() })
  }
}

export function withIoredisCluster(ports: readonly number[]): OpenStore {
  return (prefix) => {
    const cluster = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port }))).on('error', quiet)
    return closing(redis(cluster, { prefix, warn: quiet }), () => { cluster.disconnect() })
  }
}

/** The client is its owner's, who lets go of it after the store did. */
function closing(store: Store, release: () => void): Store {
  const close = store.close.bind(store)
  store.close = async () => {
    await close()
    release()
  }
  return store
}
