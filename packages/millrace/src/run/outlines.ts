import type { Batch } from '../event/batch.ts'
import { MillraceError } from '../event/error.ts'
import { entryOf, linesOf, typeOf } from '../event/lines.ts'
import type { Keeping } from '../event/kept.ts'
import { createOutline, foldOutline, unpackOutline, type Outline } from '../event/outline.ts'
import { nextTurn } from './turn.ts'

/** How the log is read. */
export interface LogSource {
  /** The batches after an offset, one page of them. `epoch`: under which the entry there was written, where known. */
  after(offset: number, epoch: string | null): readonly Batch[] | Promise<readonly Batch[]>
  /** The sealed segment that holds the entry at `offset`, or the last one before it; `null` where none is sealed. */
  segmentAt(offset: number): Promise<Batch | null>
}

interface Mark {
  readonly outline: Outline
  readonly epoch: string | null
}

/** A mark about each so many entries: an outline costs a fold of at most these, and a long log some hundred small marks. */
const STEP = 4_096

/**
 * The outlines of one log at any offset. Marks stay where a fold came by, so that whoever asks
 * next (a thousand readers that reconnect near the tail) does not begin at the log's start again.
 */
export class Outlines {
  readonly #log: LogSource
  /** Ascending. */
  readonly #marks: Mark[] = [{ outline: createOutline(), epoch: null }]
  #newest: Mark = { outline: createOutline(), epoch: null }
  #folding: Promise<unknown> = Promise.resolve()

  constructor(log: LogSource) {
    this.#log = log
  }

  /**
   * The outline after `offset`, for the caller to keep and to fold on.
   * @throws MillraceError `reset` where the log is shorter, and whatever reading it throws
   */
  at(offset: number): Promise<Outline> {
    // One after another: the second finds the marks of the first.
    const outline = this.#folding.then(() => this.#foldTo(offset))
    this.#folding = outline.catch(() => undefined)
    return outline
  }

  /**
   * The same with the texts that a dialect keeps: folded from the log's start, for this caller alone.
   * @throws MillraceError as `at`
   */
  async keeping(keeping: Keeping, offset: number): Promise<Outline> {
    const outline = createOutline(keeping)
    let epoch: string | null = null
    while (outline.offset < offset) {
      const before = outline.offset
      for (const batch of await this.#log.after(before, epoch)) {
        for (const line of linesOf(batch)) {
          if (line.offset > outline.offset && line.first <= offset) foldOutline(outline, entryOf(line, outline.offset, offset))
        }
        epoch = batch.epoch
      }
      if (outline.offset === before) throw tooShort()
      await nextTurn()
    }
    return outline
  }

  async #foldTo(offset: number): Promise<Outline> {
    const { outline, epoch: begun } = await this.#beginning(offset)
    let epoch = begun
    while (outline.offset < offset) {
      const before = outline.offset
      for (const batch of await this.#log.after(before, epoch)) {
        if (batch.first > offset) break
        foldBatch(outline, batch, offset)
        epoch = batch.epoch
      }
      if (outline.offset === before) throw tooShort()
      this.#note(outline, epoch)
      await nextTurn()
    }
    return outline
  }

  /** A copy of the nearest mark at or before `offset`, or the head of the nearest sealed segment where that is nearer. */
  async #beginning(offset: number): Promise<Mark> {
    const mark = this.#nearest(offset)
    if (offset - mark.outline.offset > STEP) {
      const segment = await this.#log.segmentAt(offset)
      const head = segment?.head ? unpackOutline(segment.head) : null
      if (head && head.offset > mark.outline.offset) return { outline: head, epoch: null }
    }
    return structuredClone(mark)
  }

  #nearest(offset: number): Mark {
    if (this.#newest.outline.offset <= offset) return this.#newest
    return this.#marks.findLast((mark) => mark.outline.offset <= offset) ?? this.#newest
  }

  #note(outline: Outline, epoch: string | null): void {
    const index = this.#marks.findLastIndex((mark) => mark.outline.offset <= outline.offset) + 1
    const isFar = outline.offset - (this.#marks[index - 1]?.outline.offset ?? 0) >= STEP
    const isNewest = outline.offset > this.#newest.outline.offset
    if (!isFar && !isNewest) return
    const mark = structuredClone({ outline, epoch })
    if (isFar) this.#marks.splice(index, 0, mark)
    if (isNewest) this.#newest = mark
  }
}

function tooShort(): MillraceError {
  return new MillraceError('reset', 'The log is shorter than it was.')
}

function foldBatch(outline: Outline, batch: Batch, to: number): void {
  for (const line of linesOf(batch)) {
    if (line.first > to) return
    if (line.offset <= outline.offset) continue
    // Nearly all of a log is deltas. They change nothing but the offset, so they are not parsed; only they are joined.
    if (typeOf(line.bytes) !== 'delta') foldOutline(outline, entryOf(line, outline.offset))
    outline.offset = Math.min(line.offset, to)
  }
}
