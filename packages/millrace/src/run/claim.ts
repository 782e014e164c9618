import type { Json } from '../event/run-event.ts'
import type { RunRecord } from '../store/store.ts'
import { digestOf } from './ids.ts'

/** Of a run that has a place: by whose key it was started, and with what. */
export type Claim = 'own' | 'reused' | 'taken'

/** What a run's record keeps to tell a retry from another request. */
export function digestFor(input: Json, key: string | undefined, place: string | undefined): Promise<string> | string {
  if (place !== undefined) return placedDigest(input, key ?? '')
  // What nobody can come back to by its key is compared with nothing, and a hash is a third of what a start costs.
  return key === undefined ? '' : digestOf(input)
}

/** Whether the run was started by this key; `reused`: by this key, with another input. */
export async function claimOf({ digest }: Pick<RunRecord, 'digest'>, input: Json, key: string): Promise<Claim> {
  const own = await placedDigest(input, key)
  if (digest === own) return 'own'
  return digest.startsWith(own.slice(0, DIGEST_LENGTH)) ? 'reused' : 'taken'
}

/** Whether the run was started by this key, whatever was asked with it. */
export async function hasKey({ digest }: Pick<RunRecord, 'digest'>, key: string): Promise<boolean> {
  return digest.length === 2 * DIGEST_LENGTH && digest.startsWith(await digestOf(key))
}

/** Hex characters of one digest. */
const DIGEST_LENGTH = 32

async function placedDigest(input: Json, key: string): Promise<string> {
  return (await digestOf(key)) + (await digestOf(input))
}
