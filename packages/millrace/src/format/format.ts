import type { ByteWriter } from './bytes.ts'

/** A frame as a format writes it. */
export interface WireFrame {
  /** `null` where a frame has no place of its own (`reset`, `gone`, a heartbeat, a stream without a log). */
  readonly cursor: string | null
  readonly event: string | null
  /** JSON in one line (format `text`: the text itself). */
  readonly data: string | Uint8Array
}

/** Vocabulary ⇄ bytes, one direction here: how frames stand on the wire. */
export interface Format {
  readonly name: string
  readonly mediaType: string
  /** Whether its frames carry cursors, so that a reader can resume and an end can be told. */
  readonly cursors: boolean
  /** @throws MillraceError `invalid_event` where a name or cursor could forge a field */
  readonly frame: (out: ByteWriter, frame: WireFrame) => void
  /** What keeps a silent stream open, without an id. */
  readonly heartbeat: Uint8Array | null
  /** What stands around and between frames that are parts of one whole, which its `tail` alone completes. */
  readonly around?: Surroundings
  /** Words for whoever looks at the bytes, which no program takes for data. */
  readonly comment?: (out: ByteWriter, text: string) => void
}

export interface Surroundings {
  readonly head: Uint8Array
  readonly separator: Uint8Array
  readonly tail: Uint8Array
}
