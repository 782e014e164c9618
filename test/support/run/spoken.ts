import type { Composer } from '../../../packages/millrace/src/run/composer.ts'
import type { Said } from '../../../packages/millrace/src/run/said.ts'

/** The JSON of the entries that something said becomes. */
export function spoken(composer: Composer, said: Said): string[] {
  const lines: string[] = []
  composer.say(said, {
    append: (json) => lines.push(json),
    appendDelta: (head, text) => lines.push(`${head.json}${JSON.stringify(text)}}`),
  })
  return lines
}
