/** A frame where nothing is painted (in hidden pages, on servers), in ms. */
const FRAME = 16
/** The longest wait for a paint: none comes once the page is hidden, nor to a frame out of sight. */
const LATE = 250

/** Runs something with the next frame of the screen: once, however often it is asked for until then. */
export class Beat {
  readonly #run: () => void
  #cancel: (() => void) | null = null

  constructor(run: () => void) {
    this.#run = run
  }

  ask(): void {
    this.#cancel ??= nextFrame(() => this.now())
  }

  /** Without waiting for the frame. */
  now(): void {
    this.stop()
    this.#run()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}

/** Returns what takes it back. */
function nextFrame(run: () => void): () => void {
  const painted = typeof requestAnimationFrame !== 'undefined' && !document.hidden
  const timer = setTimeout(run, painted ? LATE : FRAME)
  const frame = painted ? requestAnimationFrame(run) : 0
  return () => {
    clearTimeout(timer)
    if (painted) cancelAnimationFrame(frame)
  }
}
