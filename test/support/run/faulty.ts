import { MillraceError } from '../../../packages/millrace/src/event/error.ts'
import type { Batch } from '../../../packages/millrace/src/event/batch.ts'
import type { Appended, OnWake, Store, Write } from '../../../packages/millrace/src/store/store.ts'

/** What befalls one write. `lost`: committed, and the answer says `store_failed`; `busy`: not committed. */
export type Fate = 'ok' | 'slow' | 'lost' | 'busy'
/** What befalls one wake-up. */
export type WakeFate = 'ok' | 'lost' | 'twice' | 'late' | 'bare' | 'foreign'

export interface Faults {
  /** Asked before every write. */
  readonly append?: (write: Write) => Fate
  readonly wake?: (batch: Batch | null) => WakeFate
  /** Asked before every other call, by its name. */
  readonly call?: (name: string) => Fate
}

/** Everything a test may do to a store beside its faults, and see of it. */
export interface FaultyStore {
  readonly store: Store
  /** Every write that was tried, in order. */
  readonly writes: Write[]
  /** The most writes that were ever in flight at once. */
  readonly concurrency: () => number
  /** How many watches are open. */
  readonly watches: () => number
  /** From now on no call is ever answered and nobody is woken, as if this process were killed. */
  readonly kill: () => void
  /** Until the returned function is called, nothing goes out and nobody is woken, as if this process were stopped. */
  readonly freeze: () => () => void
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const never = new Promise<never>(() => undefined)

/** A real store behind a bad line. */
export function faulty(real: Store, faults: Faults = {}): FaultyStore {
  const writes: Write[] = []
  let [inFlight, most, watches] = [0, 0, 0]
  let killed = false
  /** Asked again after every wait: it changes meanwhile. */
  const isDead = (): boolean => killed
  let late: Batch | null = null
  let thawed: Promise<void> | null = null

  async function suffer<T>(fate: Fate, call: () => Promise<T>): Promise<T> {
    if (thawed) await thawed
    if (isDead()) return never
    if (fate === 'busy') throw new MillraceError('store_busy', 'injected')
    if (fate === 'slow') for (let turns = 0; turns < 5; turns += 1) await turn()
    const answer = await call()
    if (isDead()) return never
    if (fate === 'lost') throw new MillraceError('store_failed', 'injected')
    return answer
  }
  function plain<K extends 'create' | 'acquire' | 'read' | 'find' | 'load' | 'signal' | 'touch' | 'seal' | 'list' | 'delete'>(name: K): Store[K] {
    const call = (...args: unknown[]): Promise<unknown> =>
      suffer(faults.call?.(name) ?? 'ok', () => (real[name] as (...args: unknown[]) => Promise<unknown>)(...args))
    return call as Store[K]
  }
  async function append(run: string, lease: Parameters<Store['append']>[1], write: Write): Promise<Appended> {
    writes.push(write)
    inFlight += 1
    most = Math.max(most, inFlight)
    try {
      return await suffer(faults.append?.(write) ?? 'ok', () => real.append(run, lease, write))
    } finally {
      inFlight -= 1
    }
  }
  function wake(onWake: OnWake, batch: Batch | null): void {
    if (killed || thawed) return
    for (const told of befallen(faults.wake?.(batch) ?? 'ok', batch)) onWake(told)
  }
  function befallen(fate: WakeFate, batch: Batch | null): readonly (Batch | null)[] {
    switch (fate) {
      case 'ok': return [batch]
      case 'lost': return []
      case 'twice': return [batch, batch]
      case 'bare': return [null]
      case 'foreign': return [batch && { ...batch, epoch: 'ffffffff', bytes: new TextEncoder().encode('{"type":"foreign"}') }]
      case 'late': {
        const stale = late
        late = batch
        return stale ? [stale] : []
      }
    }
  }
  return {
    writes,
    concurrency: () => most,
    watches: () => watches,
    kill: () => void (killed = true),
    freeze: () => {
      let thaw = (): void => undefined
      thawed = new Promise((resolve) => (thaw = resolve))
      return () => {
        thawed = null
        thaw()
      }
    },
    store: {
      create: plain('create'), acquire: plain('acquire'), read: plain('read'), find: plain('find'), load: plain('load'),
      signal: plain('signal'), touch: plain('touch'), seal: plain('seal'), list: plain('list'), delete: plain('delete'),
      append,
      watch(run, onWake) {
        watches += 1
        let open = true
        const unwatch = real.watch(run, (batch) => wake(onWake, batch))
        return () => {
          if (open) watches -= 1
          open = false
          unwatch()
        }
      },
      close: () => real.close(),
    },
  }
}

/** A store's methods as functions of their own, to put others in their place: private fields want their own `this`. */
export function bound(store: Store): Store {
  return {
    create: (...of) => store.create(...of), acquire: (...of) => store.acquire(...of), append: (...of) => store.append(...of),
    read: (...of) => store.read(...of), find: (...of) => store.find(...of), load: (...of) => store.load(...of),
    watch: (...of) => store.watch(...of), signal: (...of) => store.signal(...of), touch: (...of) => store.touch(...of), seal: (...of) => store.seal(...of),
    list: (...of) => store.list(...of), delete: (...of) => store.delete(...of), close: () => store.close(),
  }
}

/** Waits for what is true some turns later; the limit is for tests that fail. */
export async function until(condition: () => unknown, what: string, limit = 8_000): Promise<void> {
  const deadline = performance.now() + limit
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${String(limit / 1_000)} s`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}

/** Lets everything that waits for nothing but turns of the event loop happen. */
export async function turns(count = 3): Promise<void> {
  for (let done = 0; done < count; done += 1) await turn()
}
