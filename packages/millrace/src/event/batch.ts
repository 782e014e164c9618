/**
 * The unit a store writes, a wake-up carries and a reader is handed: consecutive entries as encoded
 * JSON, one a line, so that a node at the tail frames them without parsing.
 */
export interface Batch {
  /** Offset of the first entry. */
  readonly first: number
  /** Offset of the last entry. */
  readonly last: number
  /** Under which lease it was written: the first characters of that lease's nonce. */
  readonly epoch: string
  /** The entries' JSON, joined by LF, without a trailing one. JSON itself never holds a raw LF. */
  readonly bytes: Uint8Array
  /**
   * `null`: every line is one entry. Otherwise one varint a line: how many entries were
   * joined into it; above 1, as many varints follow: the UTF-16 length of each one's text.
   */
  readonly parts: Uint8Array | null
  /** A sealed segment's head: the outline before its first entry, as JSON. */
  readonly head: string | null
}
