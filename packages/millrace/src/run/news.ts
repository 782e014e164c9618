import type { ErrorCode } from '../event/error.ts'
import type { EndStatus } from '../event/run-event.ts'
import type { Store } from '../store/store.ts'

interface OfRun {
  readonly run: string
  readonly kind: string
}

/**
 * What happens in this process, told as it happens, to be counted, measured or traced. Nothing of what runs say or were asked is in it.
 * Times are in ms.
 */
export type News =
  | (OfRun & { readonly type: 'run_started'; readonly queued: boolean })
  /** This process works on it from now on. `lost`: another producer did before, and is gone. */
  | (OfRun & { readonly type: 'run_taken'; readonly attempt: number; readonly lost: boolean })
  /** It has its end, written here. `took`: since it was started. */
  | (OfRun & { readonly type: 'run_ended'; readonly status: EndStatus; readonly code: string | null; readonly took: number })
  /** This process works on it no more, and it has no end: it was handed over, or (`lost`) its lease is somebody else's. */
  | (OfRun & { readonly type: 'run_left'; readonly lost: boolean })
  /** Entries are committed. `took`: from the first try to the store's answer. */
  | (OfRun & { readonly type: 'appended'; readonly entries: number; readonly bytes: number; readonly took: number })
  | (OfRun & { readonly type: 'reader_came' | 'reader_left'; readonly dialect: string; readonly format: string })
  /** One reader more could not keep up and reads the log by itself; or one less: it has caught up, or left. */
  | { readonly type: 'readers_behind'; readonly run: string; readonly change: 1 | -1 }
  | { readonly type: 'store_called'; readonly call: StoreCall; readonly took: number; readonly code: ErrorCode | 'unknown' | null }

/** Those that ask the engine something. */
export type StoreCall = Exclude<keyof Store, 'watch' | 'close'>

/** Is called often, and between other things: it is to be quick, and what it throws is lost. */
export type Observe = (news: News) => void
