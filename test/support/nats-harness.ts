import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { nats } from '../../packages/millrace/src/store/nats/store.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'
import type { StoreHarness } from '../../packages/millrace/src/store/testing/harness.ts'
import { serverHarness } from './server-harness.ts'

/** A store on a connection of its own, as another process has one; closing it lets go of that. */
export type OpenNats = (prefix: string) => Promise<Store>

/** Every data set is two streams of its own on the same server. */
export function natsHarness(url: string | readonly string[], openStore: OpenNats): StoreHarness {
  return serverHarness(openStore, (prefix) => removeStreams(url, prefix))
}

const quiet = (): void => undefined

export function withUrl(url: string): OpenNats {
  return (prefix) => Promise.resolve(nats(url, { prefix, warn: quiet }))
}

/** @param servers one, or those of a cluster */
export function withConnection(servers: string | readonly string[], replicas: number = 1): OpenNats {
  return async (prefix) => {
    const connection = await connectedTo(servers)
    const store = nats(connection, { prefix, replicas, warn: quiet })
    const close = store.close.bind(store)
    store.close = async () => {
      await close()
      if (!connection.isClosed()) await connection.close()
    }
    return store
  }
}

export function connectedTo(servers: string | readonly string[]): Promise<NatsConnection> {
  return connect({ servers: [servers].flat(), maxReconnectAttempts: -1, reconnectTimeWait: 100 })
}

async function removeStreams(url: string | readonly string[], prefix: string): Promise<void> {
  const connection = await connectedTo(url)
  const { streams } = await jetstreamManager(connection)
  for (const name of [prefix, `${prefix}-places`]) await streams.delete(name).catch(quiet)
  await connection.close()
}
