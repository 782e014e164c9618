import { MillraceError } from '../../event/error.ts'
import type { Link, LinkEvents } from './link.ts'
import type { Reply } from './reply.ts'

interface IoredisConnection {
  /** `end`: it does not come back. */
  readonly status: string
  call(command: string, args: string[]): Promise<unknown>
  on(event: string, listener: (first: unknown, second: unknown) => unknown): unknown
  off(event: string, listener: (first: unknown, second: unknown) => unknown): unknown
  disconnect(): void
}

/** The part of a client of the package `ioredis` that is used here. */
export interface IoredisClient extends IoredisConnection {
  duplicate(): IoredisClient
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

/** The part of a cluster of the package `ioredis` that is used here. */
export interface IoredisCluster extends IoredisConnection {
  readonly isCluster: boolean
  duplicate(nodes: [], options: { readonly shardedSubscribers: boolean }): IoredisCluster
  ssubscribe(channel: string): Promise<unknown>
  sunsubscribe(channel: string): Promise<unknown>
}

export function linkIoredis(client: IoredisClient, events: LinkEvents): Link {
  const subscriber = client.duplicate()
  listen(client, subscriber, 'message', events)
  return {
    isCluster: false,
    connect: connectsItself,
    send: sender(client),
    subscribe: (channel) => subscriber.subscribe(channel),
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    renew: () => undefined,
    async close() {
      client.off('error', events.failed)
      subscriber.disconnect()
    },
  }
}

/** Unless asked to, a cluster of ioredis knows no sharded channels: so its copy is asked to. */
export function linkIoredisCluster(cluster: IoredisCluster, events: LinkEvents): Link {
  const subscriber = cluster.duplicate([], { shardedSubscribers: true })
  listen(cluster, subscriber, 'smessage', events)
  return {
    isCluster: true,
    connect: connectsItself,
    send: sender(cluster),
    subscribe: (channel) => subscriber.ssubscribe(channel),
    unsubscribe: (channel) => subscriber.sunsubscribe(channel),
    renew: () => undefined,
    async close() {
      cluster.off('error', events.failed)
      subscriber.disconnect()
    },
  }
}

function sender(client: IoredisConnection): Link['send'] {
  return async (_key, [command = '', ...args]) => {
    if (client.status === 'end') throw closed()
    return client.call(command, args) as Promise<Reply>
  }
}

function closed(): MillraceError {
  return new MillraceError('store_failed', 'The client of the Redis store is closed for good: hand the store one that is open, and close it after the store.')
}

/** When it is made, or first asked. */
async function connectsItself(): Promise<void> {
  return Promise.resolve()
}

function listen(client: IoredisConnection, subscriber: IoredisConnection, message: string, events: LinkEvents): void {
  client.on('error', events.failed)
  subscriber.on('error', events.failed)
  subscriber.on('ready', events.reconnected)
  subscriber.on(message, (channel, text) => events.message(String(channel), String(text)))
}
