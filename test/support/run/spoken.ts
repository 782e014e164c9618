import type { Composer, Lines } from '../../../packages/millrace/src/run/composer.ts'
import type { DeltaHead } from '../../../packages/millrace/src/run/line-buffer.ts'
import type { Said } from '../../../packages/millrace/src/run/said.ts'

const decoder = new TextDecoder()

/** The JSON of the entries that something said becomes. */
export function spoken(composer: Composer, said: Said): string[] {
  return spokenTo((to) => composer.say(said, to))
}

/** What is said besides where a log goes on elsewhere or ends. */
export function flushed(composer: Composer): string[] {
  return spokenTo((to) => composer.flush(to))
}

function spokenTo(speak: (to: Lines) => void): string[] {
  const lines: string[] = []
  speak({ append: (json) => lines.push(json), appendDelta: (head, text) => lines.push(deltaLine(head, text)) })
  return lines
}

/** A delta's JSON, alone. */
export function deltaLine(head: DeltaHead, text: string): string {
  return `${decoder.decode(head)}${JSON.stringify(text).slice(1)}}`
}
