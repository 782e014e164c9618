import { MillraceError } from '../../../packages/millrace/src/event/error.ts'
import type { Lease, RunId, Store, Write } from '../../../packages/millrace/src/store/store.ts'
import { ends, expectLog, newNonce, renews, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import type { StoreHarness } from '../../../packages/millrace/src/store/testing/harness.ts'

/** What came of appends under leases that somebody else had taken over. */
export interface Zombies {
  readonly tried: number
  /** Those that were accepted: none may be. */
  readonly accepted: readonly string[]
  /** How often each code was answered. */
  readonly codes: ReadonlyMap<string, number>
}

/** A run whose lease was taken over, as both owners know it. */
interface Haunted {
  readonly run: RunId
  readonly old: Lease
  readonly current: Lease
  readonly tail: number
}

/** Every way to say something under a lease one no longer has. Entry 2 was the old owner's, 3 and 4 are the new one's. */
const WAYS: Readonly<Record<string, (haunted: Haunted) => readonly [Lease, Write]>> = {
  'where it left off': ({ old }) => [old, says(2, 'late')],
  'at the tail it has heard of': ({ old, tail }) => [old, says(tail, 'late')],
  'beyond the tail': ({ old, tail }) => [old, says(tail + 5, 'late')],
  'its last write again': ({ old }) => [old, says(1, 'mine')],
  'its last place, with other words': ({ old }) => [old, says(1, 'other')],
  'with a checkpoint': ({ old, tail }) => [old, { ...says(tail, 'late'), checkpoint: '"late"' }],
  'an end': ({ old, tail }) => [old, ends(tail)],
  'only a renewal': ({ old, tail }) => [old, renews(tail)],
  'a release': ({ old, tail }) => [old, { ...renews(tail), release: 'queued' }],
  'under the new fence with the old nonce': ({ old, current, tail }) => [{ ...old, fence: current.fence }, says(tail, 'late')],
  'under the old fence with the new nonce': ({ old, current, tail }) => [{ ...current, fence: old.fence }, says(tail, 'late')],
  'under a fence that is still to come': ({ old, current, tail }) => [{ ...old, fence: current.fence + 1 }, says(tail, 'late')],
}

/** Takes runs over from their owners and lets those go on writing: before and after a crash, and when the run has ended. */
export async function zombieAppends(harness: StoreHarness, count: number): Promise<Zombies> {
  const bench = await harness.open()
  const accepted: string[] = []
  const codes = new Map<string, number>()
  const haunted: Haunted[] = []
  let tried = 0
  async function walk(store: Store, when: string): Promise<void> {
    for (const each of haunted) {
      for (const [way, zombie] of Object.entries(WAYS)) {
        if (tried >= count) return
        tried += 1
        const code = await store.append(each.run, ...zombie(each)).then(() => null, codeOf)
        if (code === null) accepted.push(`${way}, ${when}`)
        else codes.set(code, (codes.get(code) ?? 0) + 1)
      }
    }
  }
  try {
    const runs = Math.ceil(count / Object.keys(WAYS).length / 3)
    for (let run = 0; run < runs; run += 1) haunted.push(await haunt(bench.store, await bench.second()))
    await walk(bench.store, 'while the new owner works')
    const store = (await bench.restart()) ?? bench.store
    await walk(store, 'after a crash')
    for (const { run } of haunted) await expectLog(store, run, ['mine', 'hers', 'hers too'], 'a haunted run')
    for (const { run, current, tail } of haunted) await store.append(run, current, ends(tail))
    await walk(store, 'after the end')
    return { tried, accepted, codes }
  } finally {
    await bench.close()
  }
}

async function haunt(one: Store, other: Store): Promise<Haunted> {
  const { run, lease: old } = await start(one)
  await one.append(run, old, says(1, 'mine'))
  const taken = await other.acquire(run, newNonce(), old.ttl, { revoke: true })
  if (taken === null) throw new Error('the run was not given')
  await other.append(run, taken.lease, says(2, 'hers'))
  const { tail } = await other.append(run, taken.lease, says(3, 'hers too'))
  return { run, old, current: taken.lease, tail }
}

/** @throws what the contract does not name */
function codeOf(error: unknown): string {
  if (error instanceof MillraceError) return error.code
  throw error
}
