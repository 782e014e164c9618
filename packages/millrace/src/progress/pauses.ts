import type { Span } from './item.ts'

/** Stretches in which work stood still, its own and its parents': asked for the time that counts. */
export class Pauses {
  static readonly none: Pauses = new Pauses([])
  /** Ascending, none touching another. */
  readonly #spans: readonly Span[]
  /** How much all before each come to. */
  readonly #before: readonly number[]

  private constructor(spans: readonly Span[]) {
    this.#spans = merged(spans)
    let sum = 0
    this.#before = this.#spans.map(({ from, to }) => {
      sum += to - from
      return sum - (to - from)
    })
  }

  /** With others; the same where there are none, so that a wide tree shares what its root has. */
  and(spans: readonly Span[]): Pauses {
    return spans.length === 0 ? this : new Pauses([...this.#spans, ...spans])
  }

  /** How much of the time from `from` to `to` was no pause. */
  worked(from: number, to: number): number {
    return Math.max(0, to - from - (this.#until(to) - this.#until(from)))
  }

  #until(time: number): number {
    let [low, high] = [0, this.#spans.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#spans[middle]?.from ?? 0) < time) low = middle + 1
      else high = middle
    }
    const span = this.#spans[low - 1]
    return span === undefined ? 0 : (this.#before[low - 1] ?? 0) + Math.min(time, span.to) - span.from
  }
}

function merged(spans: readonly Span[]): Span[] {
  const out: Span[] = []
  for (const span of [...spans].sort((one, other) => one.from - other.from)) {
    const last = out.at(-1)
    if (last === undefined || last.to < span.from) out.push(span)
    else if (last.to < span.to) out[out.length - 1] = { from: last.from, to: span.to }
  }
  return out
}
