import type { EndStatus, Json } from '../event/run-event.ts'
import type { Problem, SignalReply, SignalRequest, StartReply } from './wire.ts'

/** A frame inside a message. */
export interface SocketFrame {
  readonly cursor?: string
  readonly event?: string
  /** The frame's JSON; what is no JSON object stands as a string. */
  readonly data: Json
}

/** What a client says on a WebSocket (PROTOCOL.md §9). */
export type ClientMessage =
  | { readonly type: 'auth'; readonly token: string }
  | {
      readonly type: 'start'
      readonly ref: string
      readonly kind: string
      readonly input: Json
      readonly key?: string
      readonly follow?: boolean
      readonly dialect?: string
    }
  | { readonly type: 'follow'; readonly ref: string; readonly run: string; readonly after?: string; readonly dialect?: string }
  | { readonly type: 'progress'; readonly ref: string; readonly group: string }
  | { readonly type: 'unfollow' | 'pause' | 'resume'; readonly ref: string }
  | { readonly type: 'signal'; readonly ref: string; readonly run: string; readonly signal: SignalRequest }
  | { readonly type: 'cancel'; readonly ref: string; readonly run: string }

/** What a server says on a WebSocket. */
export type ServerMessage =
  | { readonly type: 'auth' | 'ready' | 'heartbeat' }
  | { readonly type: 'started'; readonly ref: string; readonly run: StartReply }
  | { readonly type: 'frames'; readonly ref: string; readonly frames: readonly SocketFrame[] }
  | { readonly type: 'end'; readonly ref: string; readonly status?: EndStatus }
  | { readonly type: 'following' | 'cut'; readonly ref: string }
  | { readonly type: 'status'; readonly ref: string; readonly run: SignalReply }
  | { readonly type: 'error'; readonly ref: string | null; readonly problem: Problem }

/** Bytes of a client's message, at most. */
export const MAX_MESSAGE: number = 64 * 1024

/** Why a socket is closed. */
export const CLOSE: Readonly<Record<'binary' | 'tooLarge' | 'failed' | 'restart' | 'tooMany' | 'unauthorized', number>> = {
  binary: 1003, tooLarge: 1009, failed: 1011, restart: 1012, tooMany: 1013, unauthorized: 4401,
}
