import type { Batch } from '../event/batch.ts'
import type { Page } from '../store/store.ts'
import { epochAt } from './log.ts'

/** How much of the newest log is kept in memory, so that who fell behind a little costs no read. */
const SIZE = 256 * 1024

/**
 * The newest batches of one log, gapless up to its tail. What one late reader had to read joins it,
 * so that those who come after it (a thousand tabs after a restart) are handed the same batches.
 */
export class Window {
  #batches: Batch[] = []
  #size = 0
  /** What was read last and does not reach the window yet. */
  #trail: Batch[] = []

  /** The first offset it holds; 0 while it is empty. */
  get first(): number {
    return this.#batches[0]?.first ?? 0
  }

  /** Adds what landed at the tail. */
  add(batch: Batch): void {
    this.#batches.push(batch)
    this.#size += batch.bytes.length
    while (this.#size > SIZE && this.#batches.length > 1) {
      this.#size -= this.#batches.shift()?.bytes.length ?? 0
    }
  }

  /**
   * Adds what was read and ends where the window begins (or, while it is empty, at the tail), as far
   * as there is room. Sealed meanwhile, it may reach into the window: then it takes the place of the
   * rows it was made of.
   */
  recall({ batches, record }: Page, tail: number): void {
    const first = this.#batches[0]
    const known = first?.last ?? tail
    // Read from a log that lost what is known here: it may have other entries in their place.
    if (record.tail < known || (first && epochAt(record, known) !== first.epoch)) return
    const goesOn = this.#trail.at(-1)?.last === (batches[0]?.first ?? 0) - 1
    this.#trail = newestOf(goesOn ? [...this.#trail, ...batches] : batches, SIZE)
    const end = this.#trail.findLastIndex((batch) => this.#joinsAfter(batch, tail))
    if (end === -1) return
    const last = this.#trail[end]?.last ?? 0
    const newer = this.#batches.filter((batch) => batch.last > last)
    const older = newestOf(this.#trail.slice(0, end + 1), SIZE - sizeOf(newer))
    if (older.length === 0) return
    this.#batches = [...older, ...newer]
    this.#size = sizeOf(this.#batches)
    this.#trail = []
  }

  /** Whether nothing is missing between this batch and what the window holds after it. */
  #joinsAfter({ last, epoch, head }: Batch, tail: number): boolean {
    const first = this.#batches[0]
    if (first === undefined) return last === tail
    if (last === first.first - 1) return true
    return head !== null && last >= first.last && this.#batches.some((batch) => batch.last === last && batch.epoch === epoch)
  }

  /** The batches after `offset`; `null` where memory does not reach back to it, or not under `epoch`. */
  after(offset: number, epoch: string | null): readonly Batch[] | null {
    // From the new end: who fell behind a little finds its place at once.
    const index = this.#batches.findLastIndex((batch) => batch.last <= offset) + 1
    const first = this.#batches[index]
    if (!first || first.first > offset + 1) return null
    const under = first.first <= offset ? first : (this.#batches[index - 1] ?? first)
    return offset === 0 || epoch === null || epoch === under.epoch ? this.#batches.slice(index) : null
  }
}

/** As many of the last batches as fit. */
function newestOf(batches: readonly Batch[], room: number): Batch[] {
  let left = room
  return batches.slice(batches.findLastIndex((batch) => (left -= batch.bytes.length) < 0) + 1)
}

function sizeOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
}
