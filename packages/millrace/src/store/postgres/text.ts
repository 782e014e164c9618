/*
 * Postgres keeps every character but one: U+0000, which no column of text takes. JSON has it only
 * escaped; what else a caller names is escaped here, so that it comes back as it was.
 */

export function toText(text: string): string {
  return text.replace(/[\\\0]/g, (character) => (character === '\0' ? '\\0' : '\\\\'))
}

export function textOf(kept: string): string {
  return kept.replace(/\\(.)/g, (_, character) => (character === '0' ? '\0' : '\\'))
}
