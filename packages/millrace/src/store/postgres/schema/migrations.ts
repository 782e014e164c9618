import { acquire } from './acquire.ts'
import { append } from './append.ts'
import { changes } from './changes.ts'
import { clear } from './clear.ts'
import { create } from './create.ts'
import { reads } from './reads.ts'
import { seal } from './seal.ts'
import { shared } from './shared.ts'
import { tables } from './tables.ts'

/**
 * Each brings a schema from the version before it to the next, the first from nothing. What is
 * released never changes: processes of the version before go on while the next one migrates, so a
 * migration adds functions under new names rather than giving old ones another meaning.
 */
export const MIGRATIONS: readonly ((schema: string) => string)[] = [
  (s) => [tables, shared, create, acquire, append, reads, changes, seal, clear].map((part) => part(s)).join(''),
]
