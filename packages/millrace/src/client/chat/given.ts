import type { Entry } from '../../event/run-event.ts'

/** How much of a run was given out: what a whole answer is compared with, so that the rest of it can be said. */
export class Given {
  /** 0 before the first entry. */
  attempt: number
  sources: number
  /** UTF-16 units of text, by block. */
  readonly texts: Map<number, number>
  /** Ids of what was asked, and not answered yet. */
  readonly asks: Set<string>

  /** @param before what was given out already */
  constructor(before?: Given) {
    this.attempt = before?.attempt ?? 0
    this.sources = before?.sources ?? 0
    this.texts = new Map(before?.texts)
    this.asks = new Set(before?.asks)
  }

  add(entry: Entry): void {
    switch (entry.type) {
      case 'start':
        this.attempt = 1
        break
      case 'block_start':
        this.texts.set(entry.block, 0)
        break
      case 'delta':
        this.texts.set(entry.block, (this.texts.get(entry.block) ?? 0) + entry.text.length)
        break
      case 'source':
        this.sources += 1
        break
      case 'ask':
        this.asks.add(entry.id)
        break
      case 'answer':
        this.asks.delete(entry.id)
        break
      case 'attempt':
        this.attempt = entry.n
        this.sources = 0
        this.texts.clear()
        this.asks.clear()
        break
      default:
    }
  }
}
