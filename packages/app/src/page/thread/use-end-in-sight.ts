import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** The question box with some air above it, and what counts as the end, in px. */
const SLACK = 120

interface EndInSight {
  /** Whether there is more beneath what can be seen. */
  readonly isAway: boolean
  toEnd(): void
}

/** Keeps the end of a growing thread in sight, unless the reader has scrolled away from it. @param content whatever changes when it grows */
export function useEndInSight(content: unknown): EndInSight {
  const isPinned = useRef(true)
  const [isAway, setIsAway] = useState(false)
  const toEnd = useCallback(() => {
    isPinned.current = true
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
  }, [])
  useEffect(() => {
    const onScroll = (): void => {
      const beneath = document.documentElement.scrollHeight - window.innerHeight - window.scrollY
      isPinned.current = beneath < SLACK
      setIsAway(beneath > window.innerHeight)
    }
    addEventListener('scroll', onScroll, { passive: true })
    return () => removeEventListener('scroll', onScroll)
  }, [])
  useLayoutEffect(() => {
    if (isPinned.current) window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
  }, [content])
  return { isAway, toEnd }
}
