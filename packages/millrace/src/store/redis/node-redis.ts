import type { Link, LinkEvents } from './link.ts'
import type { Reply } from './reply.ts'

/** The part of a client of the package `redis` that is used here. */
export interface NodeRedisClient {
  readonly isOpen: boolean
  /** Connected, as far as it knows. */
  readonly isReady: boolean
  connect(): Promise<unknown>
  sendCommand(args: readonly string[], options?: { readonly timeout: number }): Promise<unknown>
  duplicate(): NodeRedisClient
  subscribe(channel: string, listener: (text: string) => unknown): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (error: unknown) => unknown): unknown
  off(event: string, listener: (error: unknown) => unknown): unknown
  destroy(): unknown
}

/** The part of a cluster of the package `redis` that is used here. */
export interface NodeRedisCluster {
  readonly isOpen: boolean
  readonly masters: readonly unknown[]
  connect(): Promise<unknown>
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>
  sSubscribe(channel: string, listener: (text: string) => unknown): Promise<unknown>
  sUnsubscribe(channel: string): Promise<unknown>
  on(event: string, listener: (error: unknown) => unknown): unknown
  off(event: string, listener: (error: unknown) => unknown): unknown
}

/**
 * From its version 6 the client makes an AbortSignal for every command, to drop it if it is unsent after 5 s: three quarters of
 * what an append costs. While it is connected a command is sent at once, and one that hangs is dropped with the connection by `renew`.
 */
const NEVER = { timeout: 0 }

/** @param isOwn the store made the client and lets go of it */
export function linkNodeRedis(client: NodeRedisClient, isOwn: boolean, events: LinkEvents): Link {
  const subscriber = client.duplicate()
  client.on('error', events.failed)
  subscriber.on('error', events.failed)
  subscriber.on('ready', events.reconnected)
  return {
    isCluster: false,
    async connect() {
      if (!client.isOpen) await client.connect()
      if (!subscriber.isOpen) await subscriber.connect()
    },
    send: (_key, args) => client.sendCommand(args, isOwn && client.isReady ? NEVER : undefined) as Promise<Reply>,
    subscribe: (channel) => subscriber.subscribe(channel, (text) => events.message(channel, text)),
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    renew() {
      for (const each of isOwn ? [client, subscriber] : []) {
        // One that is not connected is on its way already.
        if (!each.isReady) continue
        each.destroy()
        each.connect().catch(events.failed)
      }
    },
    async close() {
      client.off('error', events.failed)
      for (const each of isOwn ? [subscriber, client] : [subscriber]) if (each.isOpen) each.destroy()
    },
  }
}

/** A cluster opens the connections for its sharded channels itself, one to each primary that has any. */
export function linkNodeRedisCluster(cluster: NodeRedisCluster, events: LinkEvents): Link {
  cluster.on('error', events.failed)
  cluster.on('node-ready', events.reconnected)
  return {
    isCluster: true,
    async connect() {
      if (!cluster.isOpen) await cluster.connect()
    },
    send: (key, args) => cluster.sendCommand(key, false, [...args]) as Promise<Reply>,
    subscribe: (channel) => cluster.sSubscribe(channel, (text) => events.message(channel, text)),
    unsubscribe: (channel) => cluster.sUnsubscribe(channel),
    renew: () => undefined,
    async close() {
      cluster.off('error', events.failed)
      cluster.off('node-ready', events.reconnected)
    },
  }
}
