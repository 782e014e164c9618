import { MillraceError } from './error.ts'
import type { Entry } from './run-event.ts'

/** A run's text for a reader to whom it is given piece by piece, and who cannot give any of it back. */
export class TextPieces {
  #given = false
  #next = ''

  /** @throws MillraceError `reset` when the run begins anew after text was given out */
  add(entry: Entry): void {
    if (entry.type === 'delta' && entry.kind === 'text') this.#next += entry.text
    if (entry.type !== 'attempt') return
    if (this.#given) throw new MillraceError('reset', 'The run began anew.')
    this.#next = ''
  }

  /** What was added since the last piece; '' where that was no text. */
  take(): string {
    const piece = this.#next
    this.#next = ''
    this.#given ||= piece !== ''
    return piece
  }
}
