/** The beginning of a text, never ending inside a character. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : Array.from(text.slice(0, 2 * length)).slice(0, length).join('')
}
