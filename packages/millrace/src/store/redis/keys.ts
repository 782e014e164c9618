import type { RunId } from '../store.ts'

/**
 * Runs are dealt into so many buckets, each a hash tag. A run's keys and the indexes it stands in
 * lie in one bucket, so one script changes them together, on a cluster too; lists ask all of them.
 */
const BUCKETS = 16

/** What the names of the keys begin with, by store. */
export class Keys {
  readonly #bases: readonly string[]

  constructor(prefix: string) {
    this.#bases = Array.from({ length: BUCKETS }, (_, i) => `${prefix}:{${prefix}-${String(i).padStart(2, '0')}}:`)
  }

  record(run: RunId): string {
    return `${this.#baseOf(run)}r:${run}`
  }

  channel(run: RunId): string {
    return `${this.#baseOf(run)}w:${run}`
  }

  /** The run whose wake-ups come on this channel. */
  runOf(channel: string): RunId {
    return channel.slice(channel.lastIndexOf(':') + 1)
  }

  /** By which a script finds the indexes of one bucket. */
  get buckets(): readonly string[] {
    return this.#bases.map(bucketKey)
  }

  bucketOf(group: string): string {
    return bucketKey(this.#baseOf(group))
  }

  #baseOf(run: RunId): string {
    return this.#bases[bucketOf(run)] ?? ''
  }
}

function bucketKey(base: string): string {
  return `${base}all`
}

/** By the group, or by the run that is in none: FNV-1a. */
function bucketOf(run: RunId): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < run.length && run[i] !== '.'; i++) hash = Math.imul(hash ^ run.charCodeAt(i), 0x01000193)
  return ((hash ^ (hash >>> 16)) >>> 0) % BUCKETS
}
