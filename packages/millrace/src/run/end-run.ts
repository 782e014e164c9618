import type { Acquired, Signal, Store, Write } from '../store/store.ts'
import { Composer } from './composer.ts'
import type { Ending } from './ending.ts'
import { insist } from './insist.ts'

const encoder = new TextEncoder()

/** Ends a run that was taken over for nothing else. */
export async function endRun(store: Store, { record, lease, signals }: Acquired, end: Ending): Promise<void> {
  const write: Write = {
    after: record.tail,
    bytes: encoder.encode(new Composer().end(end)),
    count: 1,
    end: end.status,
    consumed: newestOf(signals),
  }
  await insist(() => store.append(record.id, lease, write), lease.ttl)
}

/** The `seq` up to which these signals are done with once the run has its end. */
export function newestOf(signals: readonly Signal[]): number {
  return Math.max(0, ...signals.map((signal) => signal.seq))
}
