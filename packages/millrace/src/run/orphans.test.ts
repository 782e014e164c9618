import { expect, test } from 'vitest'
import { createOptions, idPart } from '../store/testing/fixtures.ts'
import { memory } from '../store/memory.ts'
import { randomNonce } from './ids.ts'
import { Orphans, type OrphansOptions } from './orphans.ts'
import type { RunRecord, Store } from '../store/store.ts'

/** A store in which so many runs of a kind wait for somebody. */
async function queued(counts: Readonly<Record<string, number>>): Promise<Store> {
  const store = memory()
  for (const [kind, count] of Object.entries(counts)) {
    for (let n = 0; n < count; n += 1) {
      const run = idPart()
      await store.create(run, createOptions(run, { kind, ttl: 0 }))
    }
  }
  return store
}

function looking(store: Store, kinds: readonly string[], take: OrphansOptions['take']): Orphans {
  return new Orphans({ store, kinds, foreignGrace: Infinity, take, end: () => Promise.resolve(), warn: () => undefined })
}

async function taken(store: Store, { id }: RunRecord): Promise<boolean> {
  await store.acquire(id, randomNonce(), 60_000, {})
  return true
}

test('a run that is long in being had keeps no other waiting: a slow store is asked for many at a time', async () => {
  const store = await queued({ it: 20 })
  let asked = 0
  let all = (): void => undefined
  const everyone = new Promise<void>((resolve) => (all = resolve))
  await looking(store, ['it'], async (record) => {
    if (++asked === 20) all()
    await everyone
    return taken(store, record)
  }).look()
  expect(await store.list({ needs: 'owner', limit: 100 })).toEqual([])
})

test('one look takes all that are for this process, however many stand before them that are not', async () => {
  const store = await queued({ foreign: 300, it: 300 })
  await looking(store, ['it'], (record) => taken(store, record)).look()
  expect(await store.list({ needs: 'owner', kind: 'it', limit: 100 })).toEqual([])
  expect(await store.list({ needs: 'owner', kind: 'foreign', limit: 1_000 })).toHaveLength(300)
})
