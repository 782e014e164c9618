/** A piece of an answer. Whole answers are any number of them, one after another. */
export interface Piece {
  readonly text: string
  /** The keyword that this text is, as it was given. */
  readonly match?: string
  /** The code block that this text is part of: one and the same object for all of its pieces. */
  readonly code?: CodeBlock
}

export interface CodeBlock {
  /** Number among the answer's code blocks, from 0. */
  readonly nth: number
  /** The first word of the info string; '' where there is none. */
  readonly language: string
  /** All that stands behind the opening fence. */
  readonly info: string
}
