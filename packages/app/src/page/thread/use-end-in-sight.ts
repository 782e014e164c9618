import { useCallback, useEffect, useRef, useState } from 'react'
import type { RefObject } from 'react'

/** So near to its end a reader is at the end, in px. */
const SLACK = 120

interface EndInSight {
  /** Whether there is much beneath what can be seen. */
  readonly isAway: boolean
  readonly toEnd: () => void
}

/** Keeps the end of a growing thread in sight, unless the reader has scrolled away from it. */
export function useEndInSight(thread: RefObject<HTMLElement | null>): EndInSight {
  const isPinned = useRef(true)
  const [isAway, setIsAway] = useState(false)
  const toEnd = useCallback(() => {
    isPinned.current = true
    scrollToEnd()
  }, [])
  useEffect(() => {
    let before = window.scrollY
    const onScroll = (): void => {
      const beneath = document.documentElement.scrollHeight - window.innerHeight - window.scrollY
      // Only who scrolls up leaves the end: on the way down it may have grown away meanwhile.
      isPinned.current = beneath < SLACK || (isPinned.current && window.scrollY >= before)
      before = window.scrollY
      setIsAway(beneath > window.innerHeight)
    }
    addEventListener('scroll', onScroll, { passive: true })
    return () => removeEventListener('scroll', onScroll)
  }, [])
  useEffect(() => {
    // It is told when the page was laid out anyway: to ask for its height would lay it out once more.
    const grown = new ResizeObserver(() => {
      if (isPinned.current) scrollToEnd()
    })
    if (thread.current !== null) grown.observe(thread.current)
    return () => grown.disconnect()
  }, [thread])
  return { isAway, toEnd }
}

function scrollToEnd(): void {
  window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
}
