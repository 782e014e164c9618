import { ACQUIRE } from './acquire.ts'
import { APPEND, PLAIN_APPEND } from './append.ts'
import { CREATE } from './create.ts'
import { LIST } from './list.ts'
import { PRELUDE, namesFor } from './prelude.ts'
import { FIND, LOAD, READ } from './reads.ts'
import { REMOVE } from './remove.ts'
import { SEAL } from './seal.ts'
import { SIGNAL } from './signal.ts'
import { TOUCH } from './touch.ts'

export type ScriptName =
  'create' | 'acquire' | 'append' | 'read' | 'find' | 'load' | 'signal' | 'touch' | 'seal' | 'list' | 'remove'

const BODIES: Readonly<Record<ScriptName, string>> = {
  create: CREATE, acquire: ACQUIRE, append: APPEND, read: READ, find: FIND, load: LOAD, signal: SIGNAL, touch: TOUCH,
  seal: SEAL, list: LIST, remove: REMOVE,
}

/** What answers the usual case before the rest is even set up. */
const FIRST: Readonly<Record<string, string>> = { append: PLAIN_APPEND }

export interface Script {
  readonly text: string
  /** What the server knows it by, once it has seen it. */
  readonly sha: string
}

export type Scripts = Readonly<Record<ScriptName, Script>>

export async function compileScripts(isCluster: boolean): Promise<Scripts> {
  const names = namesFor(isCluster)
  const compiled = await Promise.all(
    Object.entries(BODIES).map(async ([name, body]) => [name, await scriptOf(`${names}${FIRST[name] ?? ''}${PRELUDE}${body}`)] as const),
  )
  return Object.fromEntries(compiled) as Record<ScriptName, Script>
}

async function scriptOf(text: string): Promise<Script> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text)))
  return { text, sha: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') }
}
