import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { now } from './clock.ts'
import type { Call, CallAnswer } from './oracle/evidence.ts'

/** What stands in a record: a call that is about to be made, or what it was answered. */
export type Note =
  | { readonly call: number; readonly at: number; readonly intent: Intent }
  | { readonly call: number; readonly at: number; readonly answer: CallAnswer }

export type Intent = { readonly [Type in Call['type']]: Omit<Extract<Call, { type: Type }>, 'worker' | 'at' | 'answeredAt' | 'answer'> }[Call['type']]

/** What one process writes down, a line each, with one write: what a kill leaves is whole lines. */
export class Records {
  readonly #file: number
  #calls = 0

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  /** @returns the number by which the answer names it */
  intent(intent: Intent): number {
    this.#calls += 1
    this.#write({ call: this.#calls, at: now(), intent })
    return this.#calls
  }

  answer(call: number, answer: CallAnswer): void {
    this.#write({ call, at: now(), answer })
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(note: Note): void {
    writeSync(this.#file, `${JSON.stringify(note)}\n`)
  }
}

/** Of a process that may have died at any moment: what has no answer is unknown. */
export function readRecords(path: string, worker: string): readonly Call[] {
  const calls = new Map<number, Call>()
  for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const note = JSON.parse(line) as Note
    if ('intent' in note) calls.set(note.call, { ...note.intent, worker, at: note.at, answeredAt: null, answer: { outcome: 'unknown' } })
    else calls.set(note.call, { ...calls.get(note.call)!, answeredAt: note.at, answer: note.answer })
  }
  return [...calls.values()]
}
