import type { EndEvent } from '../event/run-event.ts'
import type { Acquired, Store } from '../store/store.ts'
import { Composer } from './composer.ts'

const encoder = new TextEncoder()

/** Ends a run that was taken over for nothing else. */
export async function endRun(store: Store, { record, lease, signals }: Acquired, end: Omit<EndEvent, 'type'>): Promise<void> {
  await store.append(record.id, lease, {
    after: record.tail,
    bytes: encoder.encode(new Composer().end(end)),
    count: 1,
    end: end.status,
    consumed: Math.max(0, ...signals.map((signal) => signal.seq)),
  })
}
