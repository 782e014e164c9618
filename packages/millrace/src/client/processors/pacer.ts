import { Characters } from './characters.ts'

export interface Pace {
  /** What is shown at once at least. Default: `grapheme`, what a reader calls a character. */
  readonly by?: 'grapheme' | 'word'
  /** No text waits longer than so many ms, and a frame. Default: 200. */
  readonly delay?: number
}

/** Looked at behind a place to know what it is inside of: longer words and characters may be cut. */
const AHEAD = 64

/** Text that comes in bursts, given out evenly: so fast that all of it is given out in time. */
export class Pacer {
  readonly #segmenter: Intl.Segmenter
  readonly #delay: number
  readonly #characters: Characters = new Characters()
  #text = ''
  /** Where each piece ends, counted from the start of {@link #text}, and until when it is given out. */
  #pieces: { readonly end: number; readonly due: number }[] = []
  /** How much could be given out by now; less than a unit of it is left over each time. */
  #allowed = 0
  #last = 0

  constructor({ by = 'grapheme', delay = 200 }: Pace) {
    this.#segmenter = new Intl.Segmenter(undefined, { granularity: by })
    this.#delay = delay
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  push(piece: string, now: number): void {
    if (this.isEmpty) this.#last = now
    this.#text += this.#characters.take(piece)
    this.#pieces.push({ end: this.#text.length, due: now + this.#delay })
  }

  /** What is given out by now. */
  take(now: number): string {
    const elapsed = now - this.#last
    const left = (this.#pieces.at(-1)?.due ?? now) - now
    this.#last = now
    if (left > 0) this.#allowed += ((this.#text.length - this.#allowed) * elapsed) / (elapsed + left)
    const due = this.#pieces.findLast((piece) => piece.due <= now)?.end ?? 0
    return this.#give(Math.max(this.#borderFrom(due), this.#borderUpTo(Math.floor(this.#allowed))))
  }

  /** All that is left. */
  end(): string {
    this.#text += this.#characters.rest()
    return this.#give(this.#text.length)
  }

  #give(length: number): string {
    const given = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    this.#pieces = this.#pieces.map(({ end, due }) => ({ end: end - length, due })).filter(({ end }) => end > 0)
    this.#allowed = Math.max(0, this.#allowed - length)
    return given
  }

  /** The last place up to `at` that is inside of nothing. The last unit may still go on. */
  #borderUpTo(at: number): number {
    return this.#around(at).index
  }

  #borderFrom(at: number): number {
    if (at >= this.#text.length) return this.#text.length
    const { index, segment } = this.#around(at)
    return index === at ? at : index + segment.length
  }

  #around(at: number): { readonly index: number; readonly segment: string } {
    const seen = this.#text.slice(0, at + AHEAD)
    return this.#segmenter.segment(seen).containing(Math.min(at, seen.length - 1)) ?? { index: 0, segment: '' }
  }
}
