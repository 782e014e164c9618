import type { Json } from '../../../packages/millrace/src/index.ts'

type Fields = { readonly [field: string]: Json }

/** One event of Anthropic's wire. */
export function event(type: string, fields: Fields = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

export function begin(usage: Fields = { input_tokens: 7, output_tokens: 1 }): string {
  return event('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'test', content: [], usage } })
}

export function open(index: number, block: Fields): string {
  return event('content_block_start', { index, content_block: block })
}

export function delta(index: number, fields: Fields): string {
  return event('content_block_delta', { index, delta: fields })
}

export function close(index: number): string {
  return event('content_block_stop', { index })
}

export function text(index: number, words: string): string {
  return delta(index, { type: 'text_delta', text: words })
}

export function input(index: number, json: string): string {
  return delta(index, { type: 'input_json_delta', partial_json: json })
}

export function end(reason: string | null = 'end_turn', usage: Fields = { output_tokens: 9 }): string[] {
  return [event('message_delta', { delta: { stop_reason: reason, stop_sequence: null }, usage }), event('message_stop')]
}

export const TEXT: Fields = { type: 'text', text: '' }

/** A whole answer. */
export function saying(...words: readonly string[]): string[] {
  return [begin(), open(0, TEXT), ...words.map((word) => text(0, word)), close(0), ...end()]
}
