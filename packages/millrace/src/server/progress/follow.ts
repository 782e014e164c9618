import type { ProgressSnapshot } from '../../progress/snapshot.ts'
import type { GroupProgress, ProgressWatcher } from './group-progress.ts'

/**
 * A group's snapshots, each newer than the one before, until nothing follows. Whoever is slow is given
 * the newest when it asks.
 * @param signal aborted when the follower leaves: its reason is thrown
 */
export async function* followGroup(open: () => Promise<GroupProgress>, signal?: AbortSignal): AsyncGenerator<ProgressSnapshot, void, undefined> {
  const group = await open()
  const follower = new Follower()
  const leave = group.watch(follower)
  const onAbort = (): void => follower.onLost(signal?.reason)
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) onAbort()
  let version = -1
  try {
    for (;;) {
      follower.check()
      const { value } = group
      if (value.version !== version) yield value
      version = value.version
      if (value.ended) return
      await follower.news(() => group.value.version !== version)
    }
  } finally {
    leave()
    signal?.removeEventListener('abort', onAbort)
  }
}

class Follower implements ProgressWatcher {
  #lost: { readonly error: unknown } | null = null
  #wake: (() => void) | null = null

  onChange(): void {
    this.#wake?.()
  }

  onLost(error: unknown): void {
    this.#lost ??= { error }
    this.#wake?.()
  }

  check(): void {
    if (this.#lost) throw this.#lost.error
  }

  /** @param isThere whether it came while nobody waited */
  async news(isThere: () => boolean): Promise<void> {
    if (this.#lost || isThere()) return
    await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#wake = null
  }
}
