/** A word with the space before it, a mark, or white space: what a model's tokens look like. */
const PIECE = /\s*[\p{L}\p{M}\p{N}_'’]+|\s*[^\s\p{L}\p{M}\p{N}_]|\s+/gu
/** Longer words, and scripts without spaces, come in parts. */
const PIECE_LENGTH = 12

/** Cuts a text into pieces whose concatenation is exactly that text. */
export function piecesOf(text: string): string[] {
  return (text.match(PIECE) ?? []).flatMap((piece) => {
    const letters = Array.from(piece)
    const parts: string[] = []
    for (let at = 0; at < letters.length; at += PIECE_LENGTH) parts.push(letters.slice(at, at + PIECE_LENGTH).join(''))
    return parts
  })
}
