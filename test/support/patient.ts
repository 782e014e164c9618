import { insist } from '../../packages/millrace/src/run/insist.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'

/** In ms: as long as a server that shares two cores with everything else may need. */
const PATIENCE = 20_000

/** The same store for a caller that repeats what was not answered, as the contract lets it and every caller of ours does. */
export function patient(store: Store): Store {
  const again = <T>(call: () => Promise<T>): Promise<T> => insist(call, PATIENCE)
  return {
    create: (...args) => again(() => store.create(...args)),
    acquire: (...args) => again(() => store.acquire(...args)),
    append: (...args) => again(() => store.append(...args)),
    read: (...args) => again(() => store.read(...args)),
    find: (...args) => again(() => store.find(...args)),
    load: (...args) => again(() => store.load(...args)),
    watch: (...args) => store.watch(...args),
    signal: (...args) => again(() => store.signal(...args)),
    touch: (...args) => again(() => store.touch(...args)),
    seal: (...args) => again(() => store.seal(...args)),
    list: (...args) => again(() => store.list(...args)),
    delete: (...args) => again(() => store.delete(...args)),
    close: () => store.close(),
  }
}
