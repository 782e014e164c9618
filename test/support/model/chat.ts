import type { Json } from '../../../packages/millrace/src/index.ts'

/** One event of OpenAI's wire. */
export function chunk(delta: Json, finish: string | null = null, more: { readonly [field: string]: Json } = {}): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return line({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'test', choices, ...more })
}

export function text(content: string): string {
  return chunk({ content })
}

export function finish(reason: string): string {
  return chunk({}, reason)
}

export function usage(input: number, output: number): string {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  return line({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'test', choices: [], usage })
}

export function line(value: Json): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

export const DONE = 'data: [DONE]\n\n'

/** A whole answer. */
export function saying(...words: readonly string[]): string[] {
  return [...words.map(text), finish('stop'), usage(7, words.length), DONE]
}
