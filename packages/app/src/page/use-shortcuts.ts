import { useEffect } from 'react'

export interface Shortcuts {
  /** Alt+N */
  readonly onNew: () => void
  /** Alt+Q */
  readonly onFocus: () => void
  /** Escape, wherever nothing else takes it. */
  readonly onStop: () => void
}

/** By the place of a key and with Alt: letters alone belong to screen readers, and Ctrl to browsers. */
export function useShortcuts({ onNew, onFocus, onStop }: Shortcuts): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isAlt = event.altKey && !event.ctrlKey && !event.metaKey
      const act = isAlt && event.code === 'KeyN' ? onNew : isAlt && event.code === 'KeyQ' ? onFocus : null
      if (act !== null) event.preventDefault()
      if (event.key === 'Escape' && !event.defaultPrevented) onStop()
      act?.()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [onNew, onFocus, onStop])
}
