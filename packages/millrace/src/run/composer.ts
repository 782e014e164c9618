import { toBase64 } from '../event/base64.ts'
import { MillraceError } from '../event/error.ts'
import { createOutline, foldOutline, type OpenBlock, type Outline } from '../event/outline.ts'
import type { BlockKind, BlockStartEvent, BytesEvent, EndEvent, EndReason, KnownEvent } from '../event/run-event.ts'
import type { DeltaHead } from './line-buffer.ts'
import { checkSaid, type Said } from './said.ts'

const encoder = new TextEncoder()

/** Where entries go, as JSON. */
export interface Lines {
  append(json: string): void
  appendDelta(head: DeltaHead, text: string): void
}

/**
 * Turns what a handler yields into the vocabulary, as encoded JSON: numbers blocks, opens one for
 * text that comes without, and closes it when another kind begins. At most one block is open.
 */
export class Composer {
  readonly #outline: Outline
  /** Of the open block: all but the text of each delta is encoded once. */
  #deltaHead: DeltaHead | null = null
  #reason: EndReason | null = null
  /** The first half of a character whose other half is still to be said: no reader could show it. */
  #half = ''

  /** @param outline where a predecessor left off; taken over, not copied. */
  constructor(outline: Outline = createOutline()) {
    this.#outline = outline
  }

  /** @throws MillraceError `invalid_event`, and whatever `to` throws */
  say(said: Said, to: Lines): void {
    if (typeof said === 'string') {
      this.#delta('text', said, to)
      return
    }
    if (said instanceof Uint8Array) {
      const event: BytesEvent = { type: 'bytes', base64: toBase64(said) }
      to.append(encode(event))
      return
    }
    // Checked is what is written: a copy, whatever its getters say the next time.
    const event = { ...said }
    checkSaid(event)
    switch (event.type) {
      case 'delta': {
        const { kind, text } = event as Extract<Said, { text: string; type: 'delta' }>
        this.#delta(kind ?? this.#outline.open[0]?.kind ?? 'text', text, to)
        break
      }
      case 'block_start': {
        const { kind, id, name, failed } = event as Extract<Said, { kind: BlockKind; type: 'block_start' }>
        this.#close(to)
        to.append(this.#open(kind, {
          ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }), ...(failed === true ? { failed } : {}),
        }))
        break
      }
      case 'block_end':
        this.#close(to)
        break
      case 'finish':
        this.#reason = (event as Extract<Said, { reason: EndReason; type: 'finish' }>).reason
        break
      default: {
        // Whoever is asked about a call has it whole.
        if (event.type === 'ask') this.#close(to)
        const { type, ...fields } = event
        to.append(encode({ type, ...fields }))
      }
    }
  }

  attempt(n: number): string {
    // Void with all that was said: it is no part of what follows.
    this.#half = ''
    return this.#note({ type: 'attempt', n })
  }

  end(end: Omit<EndEvent, 'type'>): string {
    const reason = end.status === 'completed' ? this.#reason : null
    return this.#note({ type: 'end', ...end, ...(reason === null ? {} : { reason }) })
  }

  /** Says also what waits for its other half: the log goes on elsewhere, is at its end, or state is saved with all that was said. */
  flush(to: Lines): void {
    if (this.#half === '') return
    const half = this.#half
    this.#half = ''
    this.#append(half, to)
  }

  #delta(kind: BlockKind, text: string, to: Lines): void {
    if (text === '') return
    if (this.#outline.open[0]?.kind !== kind) {
      this.#close(to)
      to.append(this.#open(kind, {}))
    }
    const whole = this.#half + text
    this.#half = endsInHalf(whole) ? whole.slice(-1) : ''
    if (whole !== this.#half) this.#append(this.#half === '' ? whole : whole.slice(0, -1), to)
  }

  #append(text: string, to: Lines): void {
    this.#deltaHead ??= headOf(this.#outline.open[0])
    to.appendDelta(this.#deltaHead, text)
  }

  #open(kind: BlockKind, named: Pick<BlockStartEvent, 'id' | 'name' | 'failed'>): string {
    const nth = this.#outline.counts.get(kind) ?? 0
    return this.#note({ type: 'block_start', block: this.#outline.blocks, kind, nth, ...named })
  }

  #close(to: Lines): void {
    this.flush(to)
    for (const { block, kind, nth } of this.#outline.open) to.append(this.#note({ type: 'block_end', block, kind, nth }))
  }

  #note(event: KnownEvent): string {
    const json = encode(event)
    foldOutline(this.#outline, { ...event, offset: this.#outline.offset })
    this.#deltaHead = null
    return json
  }
}

/** In the first half of a surrogate pair: whoever cuts text by its length cuts between the two. */
function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}

function headOf({ block, kind, nth }: Partial<OpenBlock> = {}): DeltaHead {
  return encoder.encode(`${JSON.stringify({ type: 'delta', block, kind, nth }).slice(0, -1)},"text":"`)
}

/** JSON with `type` first, where readers look for it without parsing. */
function encode(event: { readonly type: string }): string {
  let json: string
  try {
    json = JSON.stringify(event)
  } catch (cause) {
    throw unwritable(event.type, cause)
  }
  // A type that JSON has to escape could not be read without parsing.
  if (!json.startsWith(`{"type":"${event.type}"`)) throw unwritable(event.type)
  return json
}

function unwritable(type: string, cause?: unknown): MillraceError {
  return new MillraceError('invalid_event', `An event of type \`${type}\` cannot be written as JSON.`, { cause })
}
