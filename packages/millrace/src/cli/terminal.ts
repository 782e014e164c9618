/**
 * What models and servers say is not to be trusted with a terminal: an escape sequence can hide
 * text, rename the window or type answers. Sequences go as a whole; of a torn one only its text stays.
 * A torn string is matched all the same: else every beginning inside it would look for its end again.
 */
const STRING_SEQUENCE = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(\x07|\x1b\\|\x9c)?/g
const CONTROL_SEQUENCE = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g
const UNESCAPED = /[\x7f-\x9f]/g

/** Text that moves no cursor and changes no state: of all control characters LF and TAB remain. */
export function toText(text: string): string {
  return text.replace(STRING_SEQUENCE, unlessTorn).replace(CONTROL_SEQUENCE, '').replace(CONTROL, '')
}

function unlessTorn(sequence: string, end: string | undefined): string {
  return end === undefined ? sequence : ''
}

/** The same in one line. */
export function toLine(text: string): string {
  return toText(text).replace(/\s+/g, ' ').trim()
}

/** JSON in one line. Its own escapes stop below U+0020; a terminal obeys some characters above, too. */
export function toJsonLine(value: object): string {
  const json = JSON.stringify(value).replace(UNESCAPED, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
  return `${json}\n`
}
