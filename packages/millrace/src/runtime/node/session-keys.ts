import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '../../event/error.ts'
import type { SessionKey, SessionKeys, SessionKeySource } from '../../server/session-keys.ts'

const SECRET_BYTES = 32
/** More have no session left that they could have signed, unless keys are changed by the minute. */
const MOST_PREVIOUS = 8
const OWNER_ONLY = 0o600
/** Nobody needs so long to write a small file: who holds it longer has died. In ms. */
const STALE = 5_000
const LOOK_AGAIN = 20

export interface SessionKeyFile extends SessionKeySource {
  readonly load: () => Promise<SessionKeys>
  /**
   * From now on a new key signs; what older ones signed holds to its end.
   * @param options `revoke`: older ones are thrown away at once, and everybody signs in again
   */
  readonly rotate: (options?: { readonly revoke?: boolean }) => Promise<void>
}

/**
 * Keys for `createSessions` in a file, made where there is none, that its owner alone can read. Any number
 * of processes may share it: each reads again what another has changed.
 */
export function sessionKeys(path: string): SessionKeyFile {
  const file = resolve(path)
  const load = async (): Promise<SessionKeys> => (await read(file)) ?? create(file)
  return {
    load,
    rotate: ({ revoke = false } = {}) =>
      locked(file, async () => {
        const { current, previous = [] } = await load()
        const older = revoke ? [] : [{ ...current, retiredAt: Date.now() }, ...previous].slice(0, MOST_PREVIOUS)
        await rename(await writeBeside(file, { current: newKey(), previous: older }), file)
      }),
  }
}

/** As one link, which is there or not: of two processes that start at once the second one takes the first one's keys. */
async function create(file: string): Promise<SessionKeys> {
  await mkdir(dirname(file), { recursive: true })
  const made = await writeBeside(file, { current: newKey() })
  try {
    await link(made, file)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await rm(made, { force: true })
  }
  const keys = await read(file)
  if (keys) return keys
  throw new MillraceError('internal', `The session keys were written to ${file}, and are not there.`)
}

function newKey(): SessionKey {
  return { id: randomUUID(), secret: randomBytes(SECRET_BYTES) }
}

/** On the disk before anybody finds it under its own name. */
async function writeBeside(file: string, { current, previous = [] }: SessionKeys): Promise<string> {
  const beside = `${file}.${randomUUID()}`
  const handle = await open(beside, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(`${JSON.stringify({ keys: [current, ...previous].map(toJwk) }, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return beside
}

/** A JSON Web Key Set (RFC 7517), the one that signs first. */
interface Jwk {
  readonly kty: string
  readonly alg: string
  readonly kid: string
  readonly k: string
  /** In ms since the epoch. */
  readonly retired_at?: number
}

function toJwk({ id, secret, retiredAt }: SessionKey): Jwk {
  return { kty: 'oct', alg: 'HS256', kid: id, k: Buffer.from(secret).toString('base64url'), ...(retiredAt === undefined ? {} : { retired_at: retiredAt }) }
}

/** `null` where there is no file. */
async function read(file: string): Promise<SessionKeys | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null
    throw error
  })
  if (text === null) return null
  const [current, ...previous] = keysIn(text)
  if (current) return { current, previous }
  // Never with what stands in it: it holds secrets.
  throw new MillraceError('invalid_request', `${file} holds no session keys. Restore it; or remove it, and everybody signs in again.`)
}

/** None where one of them is none. */
function keysIn(text: string): readonly SessionKey[] {
  const keys = jwksIn(text).map(({ kty, alg, kid, k, retired_at: retiredAt }) =>
    kty === 'oct' && alg === 'HS256' && typeof kid === 'string' && typeof k === 'string'
      ? { id: kid, secret: Buffer.from(k, 'base64url'), ...(retiredAt === undefined ? {} : { retiredAt }) }
      : null,
  )
  return keys.every((key) => key !== null) ? keys : []
}

function jwksIn(text: string): readonly Partial<Jwk>[] {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown }
    return Array.isArray(keys) ? (keys as readonly Partial<Jwk>[]) : []
  } catch {
    return []
  }
}

/** One process at a time: of two that change the file at once, one's key would be lost while it signs. */
async function locked(file: string, work: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`
  await mkdir(dirname(file), { recursive: true })
  while (!(await taken(lock))) {
    const since = await stat(lock).then(({ mtimeMs }) => mtimeMs, () => null)
    if (since !== null && Date.now() - since > STALE) await rm(lock, { force: true })
    else await delay(LOOK_AGAIN)
  }
  try {
    await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', OWNER_ONLY)).close()
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
