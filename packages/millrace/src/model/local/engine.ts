import type { ModelMessage } from '../model.ts'

/** How the next token is chosen. */
export interface Sampling {
  /** 0: always the likeliest. */
  readonly temperature: number
  readonly seed: number
}

/** The place of one answer at a time. */
export interface Lane {
  /** Tokens after the prompt, until the model ends its answer. Each is computed when it is pulled: who stops pulling stops the model. */
  generate(prompt: readonly number[], sampling: Sampling): AsyncGenerator<number, void, undefined>
}

/** What llama.cpp and ONNX Runtime have in common: a loaded model that turns tokens into tokens. */
export interface Engine {
  /** How many tokens a prompt and its answer may have together. */
  readonly contextSize: number
  readonly lanes: readonly Lane[]
  /** Whether its chat template knows reasoning, in `<think>` marks. */
  readonly thinks: boolean
  /** The conversation as the model was trained to read it, with `prefix` as the beginning of its answer. */
  prompt(messages: readonly ModelMessage[], prefix: string): readonly number[]
  encode(text: string): readonly number[]
  /** Half a character is U+FFFD. */
  decode(tokens: readonly number[]): string
  close(): Promise<void>
}

/** By its chat template, where it has one. */
export function isThinking(template: unknown): boolean {
  return typeof template === 'string' && template.includes('</think>')
}

/** Beyond these the tail of a distribution is noise, above all of a small model. */
export const TOP_K = 40
