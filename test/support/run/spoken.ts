import type { Composer, Lines } from '../../../packages/millrace/src/run/composer.ts'
import type { Said } from '../../../packages/millrace/src/run/said.ts'

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
  speak({ append: (json) => lines.push(json), appendDelta: (head, text) => lines.push(`${head.json}${JSON.stringify(text)}}`) })
  return lines
}
