import type { Reply } from './reply.ts'

/**
 * What the store needs of a client, whichever it is: one connection for commands and one for
 * wake-ups, to each primary. Clients pipeline what is sent in one turn of the event loop.
 */
export interface Link {
  readonly isCluster: boolean
  connect(): Promise<void>
  /** Sends a command to whoever holds `key`. */
  send(key: string, args: readonly string[]): Promise<Reply>
  /** Ends when the server will send what is published there. A client subscribes again by itself after a cut. */
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  /** Nothing has been answered for too long: new connections in place of the store's own that seem to stand. A user's are the user's. */
  renew(): void
  /** Lets go of what the store has opened itself, or is trying to. */
  close(): Promise<void>
}

export interface LinkEvents {
  readonly message: (channel: string, text: string) => void
  /** Messages may have been lost. */
  readonly reconnected: () => void
  /** Why nothing gets through at present, for whoever must be told. */
  readonly failed: (error: unknown) => void
}
