import type { RunId, Store } from '../store/store.ts'
import { randomNonce } from './ids.ts'
import { unref } from './unref.ts'

/** One who follows a run in this process. */
export interface Follower {
  /** For how many ms bytes have lain unsent because it takes none: one whose connection died without a word. */
  readonly stalled: number
}

interface Watch {
  readonly grace: number
  readonly onUnread: () => void
  readAt: number
}

const INTERVAL = 1_000
/** So many intervals a node that says nothing more still counts: a few lost words end nothing. */
const WORDS = 5
/** In ms; as long as a client waits before it takes a silent connection for dead. */
const STALLED = 40_000

/**
 * Who follows the runs that ask for it, over all processes: each says in the store, again and again,
 * which of them somebody follows here. One timer for all; it stands still where no run asks.
 */
export class Readership {
  readonly #store: Store
  readonly #interval: number
  readonly #node = randomNonce()
  readonly #followers = new Map<RunId, Set<Follower>>()
  readonly #watches = new Map<RunId, Watch>()
  #timer: ReturnType<typeof setInterval> | null = null

  /** @param interval how often to look, in ms */
  constructor(store: Store, interval: number = INTERVAL) {
    this.#store = store
    this.#interval = interval
  }

  /** Somebody here follows the run, until the returned function is called. */
  follow(run: RunId, follower: Follower): () => void {
    const followers = this.#followers.get(run) ?? new Set()
    this.#followers.set(run, followers.add(follower))
    this.#start()
    void this.#look(run)
    return () => {
      if (!followers.delete(follower) || followers.size > 0) return
      this.#followers.delete(run)
      void this.#look(run)
      this.#settle()
    }
  }

  /** Calls `onUnread` once when nobody anywhere has followed the run for `grace` ms. Returns what stops it. */
  watch(run: RunId, grace: number, onUnread: () => void): () => void {
    const watch = { grace, onUnread, readAt: performance.now() }
    this.#watches.set(run, watch)
    this.#start()
    return () => {
      if (this.#watches.get(run) === watch) this.#watches.delete(run)
      this.#settle()
    }
  }

  close(): void {
    this.#followers.clear()
    this.#watches.clear()
    this.#settle()
  }

  #start(): void {
    if (this.#timer) return
    this.#timer = setInterval(() => this.#turn(), this.#interval)
    unref(this.#timer)
  }

  #settle(): void {
    if (!this.#timer || this.#followers.size + this.#watches.size > 0) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #turn(): void {
    for (const run of new Set([...this.#followers.keys(), ...this.#watches.keys()])) void this.#look(run)
  }

  /** Says who is here, and hears who is elsewhere. Never rejects. */
  async #look(run: RunId): Promise<void> {
    const here = [...(this.#followers.get(run) ?? [])].some(({ stalled }) => stalled < STALLED)
    try {
      this.#judge(run, await this.#store.touch(run, this.#node, here ? this.#interval * WORDS : 0))
    } catch {
      // A store that does not answer says nothing about readers: nobody is taken for gone by that.
      this.#judge(run, 1)
    }
  }

  #judge(run: RunId, nodes: number): void {
    const watch = this.#watches.get(run)
    if (!watch) return
    const now = performance.now()
    if (nodes > 0) watch.readAt = now
    if (now - watch.readAt < watch.grace) return
    this.#watches.delete(run)
    this.#settle()
    watch.onUnread()
  }
}
