/** A key to keep where a start may be tried again: it then joins what the first try began. */
export function newKey(): string {
  // Not `randomUUID`: browsers have that on secure pages only.
  return crypto.getRandomValues(new Uint8Array(16)).join('.')
}
