import type { ChatMessage, ConnectionStatus } from 'millrace/react'

/* What the page says about connections and ends, in plain words. */

export const CONNECTION_WORDS: Readonly<Record<ConnectionStatus, string>> = {
  idle: '',
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  resumed: 'Resumed',
  offline: 'Offline',
  ended: '',
  failed: 'Not connected',
}

/** Shown and said aloud, since it changes what a reader can expect. */
export const CONNECTION_NEWS: Readonly<Partial<Record<ConnectionStatus, string>>> = {
  reconnecting: 'The connection was lost. What was written is kept.',
  resumed: 'Resumed where it broke off.',
  offline: 'You are offline. The answer goes on without this page.',
}

export const CUT_NEWS = 'Your connection is cut. The answer goes on without this page.'

/** Why an answer is not whole; `null` where it is, or is still written. */
export function outcomeOf({ status, error }: ChatMessage): { readonly text: string; readonly isCalm: boolean } | null {
  if (status === 'cancelled') return { text: 'Stopped. What was written stays here.', isCalm: true }
  return status === 'failed' ? { text: failureOf(error), isCalm: false } : null
}

function failureOf(error: ChatMessage['error']): string {
  switch (error?.code) {
    case 'producer_lost': return 'The server was lost in the middle of this answer, and nobody took it over.'
    case undefined:
    case 'internal': return 'Something went wrong while writing this answer.'
    default: return error?.message ?? ''
  }
}

/** Why the page cannot show or send something, by the code of the error it got. */
export function troubleWords(code: string): string {
  switch (code) {
    case 'invalid_request':
    case 'not_found': return 'There is no such conversation here.'
    case 'gone': return 'This conversation is not kept any more.'
    case 'busy': return 'Another question is being answered in this conversation. Wait for it, or stop it.'
    case 'incomplete': return 'The server could not be reached for some time. What arrived is shown, and the answer may have gone on.'
    case 'invalid_input':
    case 'too_large': return 'The server did not accept this question. It may be too long.'
    case 'too_many_streams': return 'Too many answers are open at once. Close some and try again.'
    default: return 'The server could not be reached.'
  }
}

/** Whether trying again is of no use. */
export function isNoMore(code: string): boolean {
  return ['not_found', 'gone', 'invalid_request'].includes(code)
}

/** The line over a finished answer. */
export function finishedWords(sources: number): string {
  if (sources === 0) return 'Finished'
  return sources === 1 ? 'Finished, from 1 source' : `Finished, from ${String(sources)} sources`
}
