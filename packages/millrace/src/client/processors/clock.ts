/** Time as frames and pacing need it. Tests bring their own. */
export interface Clock {
  /** In ms, from anywhere, never set back. */
  now(): number
  nextFrame(): Promise<void>
}

/** A frame where there is no screen, in ms. */
const FRAME = 16

/** The screen's frames; where nothing is painted (on servers, in hidden pages) about as many by a timer. */
export const screenClock: Clock = {
  now: () => performance.now(),
  nextFrame: () =>
    new Promise((resolve) => {
      if (typeof requestAnimationFrame === 'undefined' || isHidden()) setTimeout(resolve, FRAME)
      else nextPaint(resolve)
    }),
}

/** Or when the page is hidden meanwhile: then there is no paint until it is shown again. */
function nextPaint(done: () => void): void {
  const hidden = new AbortController()
  const end = (): void => {
    hidden.abort()
    done()
  }
  requestAnimationFrame(end)
  if (typeof document !== 'undefined') document.addEventListener('visibilitychange', end, { signal: hidden.signal })
}

function isHidden(): boolean {
  return typeof document !== 'undefined' && document.hidden
}
