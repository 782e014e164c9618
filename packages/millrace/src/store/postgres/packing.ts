import type { Batch } from '../../event/batch.ts'

export interface Packed {
  /** What the function `seal_run` reads: where each segment belongs, and the lengths of its parts. */
  readonly segments: string
  readonly data: Uint8Array
}

/** Segments as one piece of bytes, for those travel as they are, which an array of them does not. */
export function pack(segments: readonly Batch[]): Packed {
  const pieces = segments.flatMap(({ parts, bytes }) => [...(parts === null ? [] : [parts]), bytes])
  const data = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    data.set(piece, at)
    at += piece.length
  }
  const places = segments.map(({ first, last, epoch, parts, head, bytes }) => [first, last, epoch, parts?.length ?? null, head, bytes.length])
  return { segments: JSON.stringify(places), data }
}
