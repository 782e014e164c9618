import type { ConnectionStatus } from 'millrace/client'

/* What the page says about connections and ends, in plain words. */

export const CONNECTION_WORDS: Readonly<Record<ConnectionStatus, string>> = {
  idle: '',
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  resumed: 'Resumed',
  offline: 'Offline',
  ended: '',
  failed: '',
}

/** Shown and said aloud, since it changes what a reader can expect. */
export const CONNECTION_NEWS: Readonly<Partial<Record<ConnectionStatus, string>>> = {
  reconnecting: 'The connection was lost. What was written is kept.',
  resumed: 'Resumed where it broke off.',
  offline: 'You are offline. The answer goes on without this page.',
}

export interface Outcome {
  readonly text: string
  /** Whether something went wrong. */
  readonly tone: 'calm' | 'warn'
  /** What to do about it: look at the same answer again, or ask the question again. */
  readonly retry: 'open' | 'ask' | null
}

export const STOPPED: Outcome = { text: 'Stopped. What was written stays here.', tone: 'calm', retry: 'ask' }

/** Why a run failed, by the code in its last entry. */
export function failedWords(error: { readonly code: string; readonly message: string } | undefined): Outcome {
  switch (error?.code) {
    case 'producer_lost':
      return { text: 'The server was lost in the middle of this answer, and nobody took it over.', tone: 'warn', retry: 'ask' }
    case undefined:
    case 'internal':
      return { text: 'Something went wrong while writing this answer.', tone: 'warn', retry: 'ask' }
    default:
      return { text: error?.message ?? '', tone: 'warn', retry: 'ask' }
  }
}

/** Why the page cannot show a run, by the code of the error it got. */
export function troubleWords(code: string): Outcome {
  switch (code) {
    case 'not_found':
      return { text: 'There is no such answer here.', tone: 'warn', retry: null }
    case 'gone':
      return { text: 'This answer is not kept any more.', tone: 'warn', retry: null }
    case 'incomplete':
      return { text: 'The server could not be reached for some time. What arrived is shown, and the answer may have gone on.', tone: 'warn', retry: 'open' }
    case 'invalid_input':
    case 'too_large':
      return { text: 'The server did not accept this question. It may be empty or too long.', tone: 'warn', retry: null }
    case 'too_many_streams':
      return { text: 'Too many answers are open at once. Close some and try again.', tone: 'warn', retry: 'open' }
    default:
      return { text: 'The server could not be reached.', tone: 'warn', retry: 'open' }
  }
}

/** The line over a finished answer. */
export function finishedWords(sources: number): string {
  if (sources === 0) return 'Finished'
  return sources === 1 ? 'Finished, from 1 source' : `Finished, from ${String(sources)} sources`
}
