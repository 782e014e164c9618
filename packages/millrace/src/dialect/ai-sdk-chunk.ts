import type { Json, Usage } from '../event/run-event.ts'

/** What is told of a message besides its parts. */
export interface UiMetadata {
  readonly usage: Usage
}

/** Fields for which the vendor's vocabulary has no place. */
type Provider = { readonly millrace: { readonly [field: string]: Json } }

/**
 * What is said of the AI SDK's UI message stream, version 1: a part of its `UIMessageChunk`, so that a
 * stream of these is one of those. Its client ends a stream at any chunk that its own schema refuses.
 */
export type UiChunk =
  | { readonly type: 'start'; readonly messageId: string }
  | { readonly type: 'start-step' | 'finish-step' | 'reset-step' }
  | { readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; readonly id: string }
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'tool-input-start'; readonly toolCallId: string; readonly toolName: string }
  | { readonly type: 'tool-input-delta'; readonly toolCallId: string; readonly inputTextDelta: string }
  | { readonly type: 'tool-input-available'; readonly toolCallId: string; readonly toolName: string; readonly input: Json }
  | { readonly type: 'tool-input-error'; readonly toolCallId: string; readonly toolName: string; readonly input: Json; readonly errorText: string }
  | { readonly type: 'tool-approval-request'; readonly approvalId: string; readonly toolCallId: string; readonly reason?: string }
  | { readonly type: 'tool-approval-response'; readonly approvalId: string; readonly approved: boolean; readonly reason?: string }
  | { readonly type: 'tool-output-available'; readonly toolCallId: string; readonly output: Json }
  | { readonly type: 'tool-output-error'; readonly toolCallId: string; readonly errorText: string }
  | { readonly type: 'tool-output-denied'; readonly toolCallId: string }
  | { readonly type: 'source-url'; readonly sourceId: string; readonly url: string; readonly title: string; readonly providerMetadata?: Provider }
  | { readonly type: 'source-document'; readonly sourceId: string; readonly mediaType: string; readonly title: string; readonly providerMetadata?: Provider }
  | { readonly type: 'file'; readonly url: string; readonly mediaType: string; readonly providerMetadata?: Provider }
  | { readonly type: `data-${string}`; readonly id?: string; readonly data: Json; readonly transient?: boolean }
  | { readonly type: 'message-metadata'; readonly messageMetadata: UiMetadata }
  | { readonly type: 'finish'; readonly finishReason: UiFinishReason; readonly messageMetadata?: UiMetadata }
  | { readonly type: 'error'; readonly errorText: string }
  | { readonly type: 'abort'; readonly reason: string }

export type UiFinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'interrupted' | 'other'
