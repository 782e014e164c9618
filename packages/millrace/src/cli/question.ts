import type { AnswerEvent, AskEvent } from '../event/run-event.ts'

export function askLine({ id, signal, message }: AskEvent): string {
  return `asks for ${signal} (${id})${message === undefined ? '' : `: ${message}`}`
}

export function answerLine({ id, approved, message }: AnswerEvent): string {
  const word = approved === undefined ? 'answered' : approved ? 'approved' : 'not approved'
  return `${word} (${id})${message === undefined ? '' : `: ${message}`}`
}
