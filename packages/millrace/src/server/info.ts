import type { RunInfo } from '../protocol/wire.ts'
import type { RunRecord } from '../store/store.ts'

/** What a list says of a run. */
export function infoOf({ id, kind, status, tail, title, createdAt, endedAt }: RunRecord): RunInfo {
  return { id, kind, status, tail, title, createdAt, endedAt }
}
