/**
 * What is done with the text of an answer while it comes: each takes something that comes over time and
 * returns the same, so that they stand around one another. Wherever a text was cut, the result is the same.
 *
 * @module
 */
export { MillraceError, type ErrorCode } from '../../event/error.ts'
export type { Clock } from './clock.ts'
export { codeBlocks } from './code-blocks.ts'
export { collect, type Collection, type Source } from './collect.ts'
export { frames } from './frames.ts'
export { highlight } from './highlight.ts'
export { markdown, MarkdownSplitter } from './markdown.ts'
export type { Pace } from './pacer.ts'
export type { CodeBlock, Piece } from './piece.ts'
export { smooth } from './smooth.ts'
export { toHtml } from './to-html.ts'
export { countTokens, type Counted, type Tokenizer } from './tokens.ts'
export { window, type View, type WindowOptions } from './window.ts'
