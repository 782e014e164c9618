import type { KeyboardEvent } from 'react'

/** Escape leaves what is open, and only that: the answer goes on. */
export function onEscape(leave: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    leave()
  }
}
