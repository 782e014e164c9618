import { hasCode } from '../event/error.ts'
import type { Acquired, RunId, Store } from '../store/store.ts'
import { randomNonce } from './ids.ts'
import { insist } from './insist.ts'

/** So long a call with an unknown outcome is repeated, in ms; somebody may be waiting for it. */
export const PATIENCE = 2_000

/** `null` where somebody else was faster, or the run has ended or gone meanwhile. */
export async function acquire(store: Store, run: RunId, lease: number, revoke: boolean = false): Promise<Acquired | null> {
  const nonce = randomNonce()
  try {
    return await insist(() => store.acquire(run, nonce, lease, { revoke }), PATIENCE)
  } catch (error) {
    if (hasCode(error, 'ended') || hasCode(error, 'gone') || hasCode(error, 'not_found')) return null
    throw error
  }
}
