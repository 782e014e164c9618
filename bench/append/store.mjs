// The store alone, as a producer writes to it.
import { randomBytes } from 'node:crypto'
import { storeOf } from '../lib/stores.mjs'
import { commits } from './commits.mjs'
import { BYTES, batch, contend, drive, isJoined, joinedFrom, kept } from './contender.mjs'

const HOUR = 3_600_000
const store = storeOf(kept)
contend(await drive(async () => {
  const run = randomBytes(16).toString('base64url')
  const nonce = randomBytes(16).toString('hex')
  const start = new TextEncoder().encode(JSON.stringify({ type: 'start', run, kind: 'bench' }))
  const policy = { retention: HOUR, tombstone: HOUR }
  const { lease } = await store.create(run, { kind: 'bench', principal: 'bench', title: '', input: 'null', digest: '', policy, start, nonce, ttl: HOUR })
  return (index) => {
    const after = 1 + index * batch
    return store.append(run, lease, { after, count: batch, ...(isJoined ? joinedFrom(after + 1) : { bytes: BYTES }) })
  }
}), commits)
