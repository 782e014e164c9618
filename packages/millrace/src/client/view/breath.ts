/** How long may be worked at a stretch, in ms: half a frame, so that input and paint come between. */
const STRETCH = 8

/** For a loop over what may be there already in any number: lets the page do something else now and then. */
export class Breath {
  #since = performance.now()

  /** Resolves at once, or, after a stretch of work, in a task of its own. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < STRETCH) return
    await nextTask()
    this.#since = performance.now()
  }
}

/** By a message and not by a timer, which hidden pages are given once a second. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
