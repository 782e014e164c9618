import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import type { RunId } from '../store/store.ts'

const encoder = new TextEncoder()

/** A random id of 128 bits, in `group` where one is named. */
export function randomRunId(group: string | null = null): RunId {
  return inGroup(group, base64url(randomBytes()))
}

const ID_SIZE = 16
/** Drawn for so many ids at a time: a call of its own for each is a fiftieth of what a start costs. */
const POOLED = 256

let pool = new Uint8Array(0)
let drawn = 0

function randomBytes(): Uint8Array {
  if (drawn === pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(POOLED * ID_SIZE))
    drawn = 0
  }
  drawn += ID_SIZE
  return pool.subarray(drawn - ID_SIZE, drawn)
}

/**
 * The id that an idempotency key names: the same for the same principal, kind, group and key on
 * every node, so that `create` is an insert-if-absent. Parts are length-prefixed: no two different
 * lists of parts collide by where they are joined.
 */
export async function keyedRunId(principal: string, kind: string, group: string | null, key: string): Promise<RunId> {
  return inGroup(group, await idOf([principal, kind, group ?? '', key]))
}

/** The group that a principal's own name for it names. */
export function keyedGroupId(principal: string, name: string): Promise<string> {
  return idOf([principal, name])
}

async function idOf(names: readonly string[]): Promise<string> {
  const parts = names.map((part) => encoder.encode(part))
  const hash = await sha256(parts.flatMap((part) => [encoder.encode(`${String(part.length)}:`), part]))
  return base64url(hash.subarray(0, 16))
}

/** A nonce: 122 random bits in 32 hex characters; the first of them name the epoch. Runtimes keep UUIDs in stock: a tenth of the cost. */
export function randomNonce(): string {
  return crypto.randomUUID().replaceAll('-', '')
}

/** A digest of a JSON value that does not depend on the order of keys. */
export async function digestOf(value: Json): Promise<string> {
  return hex((await sha256([encoder.encode(canonical(value))])).subarray(0, 16))
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = value as { readonly [key: string]: Json }
  const pairs = Object.keys(fields).sort().map((key) => `${JSON.stringify(key)}:${canonical(fields[key] ?? null)}`)
  return `{${pairs.join(',')}}`
}

function inGroup(group: string | null, id: string): RunId {
  if (group === null) return id
  if (!/^[A-Za-z0-9_-]{22}$/.test(group)) {
    throw new MillraceError('invalid_request', 'A group is named by 22 base64url characters.')
  }
  return `${group}.${id}`
}

async function sha256(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Also that of a question: its answer is the signal of the same id. */
export function isSignalId(text: string): boolean {
  return /^[\w.:-]{1,64}$/.test(text)
}
