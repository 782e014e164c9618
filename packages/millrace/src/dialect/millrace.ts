import type { Dialect } from './dialect.ts'

/** The vocabulary itself (PROTOCOL.md §3): each entry is one frame. */
export const millrace: Dialect = { name: 'millrace', version: 1, step: null, heartbeat: null, document: null }
