/** A real store asked in the model's words. */
import { entriesOf } from '../../event/lines.ts'
import { MillraceError } from '../../event/error.ts'
import type { RunId, RunRecord, Signal, Store } from '../store.ts'
import { truthy } from './check.ts'
import { entriesIn, joined } from './fixtures.ts'
import type { Call, Refused } from './model.ts'

const EVERYTHING = 1_000_000_000

/** What the store answers, in the form of the model's own answers. */
export async function perform(store: Store, call: Call): Promise<unknown> {
  return orRefused(() => ask(store, call))
}

/** Everything that can be asked about a run, in the form of the model's `viewOf`. */
export async function look(store: Store, run: RunId): Promise<unknown> {
  const record = await store.find(run)
  const data = await orRefused(async () => {
    const { input, checkpoint, snapshot } = await store.load(run)
    return { input, checkpoint, snapshot, log: joined(await entriesIn(store, run, 0, 100)) }
  })
  return { record: record && brief(record), data }
}

async function ask(store: Store, call: Call): Promise<unknown> {
  const { run } = call
  switch (call.do) {
    case 'create': {
      const { created, lease, record } = await store.create(run, call.options)
      return { created, lease, record: brief(record) }
    }
    case 'acquire': {
      const taken = await store.acquire(run, call.nonce, call.ttl, { revoke: call.revoke })
      return taken && { lease: taken.lease, record: brief(taken.record), signals: taken.signals.map(numbered), waited: taken.waited }
    }
    case 'append': {
      const { tail, signals } = await store.append(run, call.lease, call.write)
      return { tail, signals: signals.map(numbered) }
    }
    case 'read': {
      const { batches, record } = await store.read(run, call.after, EVERYTHING)
      const end = batches.at(-1)?.last ?? Math.max(call.after, record.tail)
      truthy(end === Math.max(call.after, record.tail), 'a page that may hold everything ends at the tail')
      return { record: brief(record), log: joined(batches.flatMap((batch) => [...entriesOf(batch, call.after)])) }
    }
    case 'signal':
      return brief(await store.signal(run, { id: call.id, type: 'input', data: '1' }))
    case 'seal':
      await store.seal(run, call.seal)
      return null
    case 'delete':
      await store.delete(run)
      return null
  }
}

export async function orRefused<T>(asking: () => Promise<T>): Promise<T | Refused> {
  try {
    return await asking()
  } catch (error) {
    if (error instanceof MillraceError) return { refused: error.code }
    throw error
  }
}

function numbered({ id, seq }: Signal): unknown {
  return { id, seq }
}

function brief(record: RunRecord): unknown {
  const { status, tail, fence, losses, epochs, sealedTo, title } = record
  return {
    status, tail, fence, losses, epochs, sealedTo, title,
    held: record.leaseUntil > 0, ended: record.endedAt !== null, deleted: record.deletedAt !== null,
  }
}
