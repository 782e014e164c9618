import { useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'

let news = ''
const listeners = new Set<() => void>()

/** Says something aloud to who does not see the page. News only: the words of an answer would stutter. */
export function announce(words: string): void {
  if (words === '' || words === news) return
  news = words
  for (const listener of listeners) listener()
}

/** There is one, and it is there from the start: a region that comes with its words is not heard. */
export function Announcer(): ReactElement {
  const words = useSyncExternalStore(subscribe, () => news)
  return <p className="unseen" id="announcer" role="status" aria-live="polite">{words}</p>
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
