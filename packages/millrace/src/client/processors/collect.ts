import { withoutPlace, type Entry, type SourceEvent } from '../../event/run-event.ts'
import { TextPieces } from '../../event/text-pieces.ts'
import { through } from './through.ts'

export type Source = Omit<SourceEvent, 'type'>

/**
 * Gathers the text and the sources of an answer while its text is read on: the collection can be
 * given to any other processor, and has everything when that is done.
 *
 * @param source the entries of a run (`run.follow()`) or texts
 */
export function collect(source: AsyncIterable<Entry | string>): Collection {
  return new Collection(source)
}

export class Collection implements AsyncIterable<string> {
  readonly #source: AsyncIterable<Entry | string>
  #text = ''
  #sources: Source[] = []

  constructor(source: AsyncIterable<Entry | string>) {
    this.#source = source
  }

  /** All text so far. */
  get text(): string {
    return this.#text
  }

  /** All sources so far. */
  get sources(): readonly Source[] {
    return this.#sources
  }

  /** Reads to the end. */
  async all(): Promise<this> {
    for await (const said of this.#source) this.#add(said)
    return this
  }

  /** The text as it comes. @throws MillraceError `reset` when the run begins anew after text was given out */
  [Symbol.asyncIterator](): AsyncIterableIterator<string, undefined> {
    const pieces = new TextPieces()
    return through(this.#source, {
      push: (said) => {
        this.#add(said)
        if (typeof said === 'string') return [said]
        pieces.add(said)
        const piece = pieces.take()
        return piece === '' ? [] : [piece]
      },
      end: () => [],
    })
  }

  #add(said: Entry | string): void {
    if (typeof said === 'string') this.#text += said
    else if (said.type === 'delta' && said.kind === 'text') this.#text += said.text
    else if (said.type === 'source') this.#sources.push(withoutPlace(said))
    else if (said.type === 'attempt') {
      this.#text = ''
      this.#sources = []
    }
  }
}
