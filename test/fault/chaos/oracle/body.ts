import type { Entry } from '../../../../packages/millrace/src/index.ts'

/** What an entry says, without where it stands: two are the same where these are. */
export function bodyOf(entry: Entry): string {
  const { offset: _offset, first: _first, ...said } = entry
  return sorted(said)
}

/** The same of an entry's JSON. */
export function bodyOfLine(line: string): string {
  return sorted(JSON.parse(line) as object)
}

function sorted(value: object): string {
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
