import { MillraceError, type ErrorCode } from '../event/error.ts'
import type { Store } from '../store/store.ts'
import type { Observe, StoreCall } from './news.ts'

/** The same store, of whose calls it is told how long each took and what came of it. */
export function observedStore(store: Store, observe: Observe): Store {
  const timed = <Args extends readonly unknown[], Answer>(call: StoreCall, ask: (...args: Args) => Promise<Answer>) => async (...args: Args): Promise<Answer> => {
    const since = performance.now()
    let code: ErrorCode | 'unknown' | null = null
    try {
      return await ask(...args)
    } catch (failure) {
      code = failure instanceof MillraceError ? failure.code : 'unknown'
      throw failure
    } finally {
      observe({ type: 'store_called', call, took: performance.now() - since, code })
    }
  }
  return {
    create: timed('create', (...args) => store.create(...args)),
    acquire: timed('acquire', (...args) => store.acquire(...args)),
    append: timed('append', (...args) => store.append(...args)),
    read: timed('read', (...args) => store.read(...args)),
    find: timed('find', (...args) => store.find(...args)),
    load: timed('load', (...args) => store.load(...args)),
    signal: timed('signal', (...args) => store.signal(...args)),
    touch: timed('touch', (...args) => store.touch(...args)),
    seal: timed('seal', (...args) => store.seal(...args)),
    list: timed('list', (...args) => store.list(...args)),
    delete: timed('delete', (...args) => store.delete(...args)),
    watch: (...args) => store.watch(...args),
    close: () => store.close(),
  }
}
