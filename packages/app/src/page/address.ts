import { useSyncExternalStore } from 'react'

/** What is shown stands in the address, so that a refresh, the way back and another tab show the same. */
export interface Address {
  /** `null`: a conversation that has not begun. */
  readonly conversation: string | null
  /** The turn that the thread leads to; `null`: the newest. */
  readonly turn: string | null
}

export function hrefOf(conversation: string, turn: string | null = null): string {
  return turn === null ? `#${conversation}` : `#${conversation}/${turn}`
}

export function useAddress(): Address {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  const [conversation, turn] = hash.slice(1).split('/', 2)
  return { conversation: conversation === '' || conversation === undefined ? null : conversation, turn: turn ?? null }
}

/** Shows something else, as a link would. `null`: a new conversation. */
export function goTo(conversation: string | null): void {
  history.pushState(null, '', conversation === null ? location.pathname : hrefOf(conversation))
  tell()
}

const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  addEventListener('popstate', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('popstate', listener)
  }
}

/** `pushState` says nothing to anyone. */
function tell(): void {
  for (const listener of listeners) listener()
}
