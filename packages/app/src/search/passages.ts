import { clip } from '../clip.ts'
import { plainText } from '../markdown/inline.ts'
import { parseMarkdown, parsePlain } from '../markdown/blocks.ts'
import type { Block } from '../markdown/blocks.ts'

/** A piece of a document small enough to cite: a few blocks under one heading. */
export interface Passage {
  /** `FILE#ANCHOR`: the same for as long as the document keeps its headings. */
  readonly id: string
  readonly document: string
  readonly anchor: string
  /** `File › Heading` */
  readonly title: string
  /** The headings it stands under, outermost first. */
  readonly headings: readonly string[]
  /** Its own heading, where it is the first passage of its section. */
  readonly heading: (Block & { readonly kind: 'heading' }) | null
  readonly blocks: readonly Block[]
}

export interface Document {
  /** The path inside the folder, with `/`. */
  readonly name: string
  readonly title: string
  readonly passages: readonly Passage[]
}

/** About how many characters make a passage: two or three paragraphs. */
const PASSAGE_LENGTH = 700
/** Every passage below a heading carries its words along, so what is longer would cost again each time. */
const HEADING_LENGTH = 200

export function toDocument(name: string, text: string): Document {
  const blocks = name.toLowerCase().endsWith('.txt') ? parsePlain(text) : parseMarkdown(text)
  const cutter = new Cutter(name)
  for (const block of blocks) cutter.add(block)
  const passages = cutter.finish()
  const first = passages.find((passage) => passage.heading !== null)?.headings.at(-1)
  return { name, title: first ?? name, passages }
}

/** A block as a person reads it. */
export function blockText(block: Block): string {
  switch (block.kind) {
    case 'code':
      return block.text
    case 'list':
      return block.items.map(({ spans }) => plainText(spans)).join('\n')
    case 'table':
      return block.rows.map((row) => row.map(plainText).join(' · ')).join('\n')
    default:
      return plainText(block.spans)
  }
}

class Cutter {
  readonly #name: string
  readonly #passages: Passage[] = []
  readonly #anchors = new Map<string, number>()
  #headings: { readonly level: number; readonly text: string }[] = []
  #heading: Passage['heading'] = null
  #blocks: Block[] = []
  #length = 0

  constructor(name: string) {
    this.#name = name
  }

  add(block: Block): void {
    if (block.kind === 'heading') {
      this.#cut()
      this.#headings = this.#headings.filter((heading) => heading.level < block.level)
      this.#headings.push({ level: block.level, text: clip(plainText(block.spans).replaceAll('`', ''), HEADING_LENGTH) })
      this.#heading = block
      return
    }
    const length = blockText(block).length
    // What stands under a sentence ("For example:") is read with it, however long.
    const follows = block.kind !== 'paragraph' && this.#blocks.at(-1)?.kind === 'paragraph'
    if (this.#length + length > PASSAGE_LENGTH && this.#length > 0 && !follows) this.#cut()
    this.#blocks.push(block)
    this.#length += length
  }

  finish(): Passage[] {
    this.#cut()
    return this.#passages
  }

  #cut(): void {
    if (this.#blocks.length === 0 && this.#heading === null) return
    const headings = this.#headings.map((heading) => heading.text)
    const anchor = this.#anchor(headings.at(-1) ?? 'top')
    this.#passages.push({
      id: `${this.#name}#${anchor}`,
      document: this.#name,
      anchor,
      title: [this.#name, ...headings.slice(-1)].join(' › '),
      headings,
      heading: this.#heading,
      blocks: this.#blocks,
    })
    this.#heading = null
    this.#blocks = []
    this.#length = 0
  }

  #anchor(heading: string): string {
    const words = heading.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
    const slug = clip(words, 80) || 'section'
    for (let n = (this.#anchors.get(slug) ?? 0) + 1; ; n += 1) {
      this.#anchors.set(slug, n)
      const anchor = n === 1 ? slug : `${slug}-${String(n)}`
      if (n === 1 || !this.#anchors.has(anchor)) {
        if (n > 1) this.#anchors.set(anchor, 1)
        return anchor
      }
    }
  }
}
