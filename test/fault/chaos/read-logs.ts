import { entryOf, linesOf } from '../../../packages/millrace/src/event/lines.ts'
import type { Batch, Recovery, RunRecord, Store } from '../../../packages/millrace/src/index.ts'
import type { Engine } from './engine/engine.ts'
import { openStore } from './engine/stores.ts'
import type { LogEntry, RunLog } from './oracle/evidence.ts'

const PAGE = 1024 * 1024

/** What is there of these runs after a storm: by a store that was just opened, and by the engine itself. */
export async function readLogs(engine: Engine, runs: readonly string[]): Promise<ReadonlyMap<string, RunLog>> {
  const store = openStore(engine.address())
  const logs = new Map<string, RunLog>()
  try {
    for (const run of runs) {
      const record = await store.find(run)
      if (record === null) continue
      logs.set(run, { ...(await readLog(store, record)), rows: await engine.readRows(run) })
    }
  } finally {
    await store.close()
  }
  return logs
}

/** Of one run, by the store alone. */
export async function readLog(store: Store, record: RunRecord): Promise<Omit<RunLog, 'rows'>> {
  return { run: record.id, kind: record.kind as Recovery, status: record.status, entries: await entriesOf(store, record) }
}

async function entriesOf(store: Store, { id, tail }: RunRecord): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = []
  for (let at = 0; at < tail;) {
    const { batches } = await store.read(id, at, PAGE)
    // A log that ends before its tail is for the oracle to find.
    if (batches.length === 0) break
    for (const batch of batches) entries.push(...singles(batch))
    at = entries.at(-1)?.entry.offset ?? tail
  }
  return entries
}

/** Entries by themselves: what sealing joined is taken apart again. */
function singles(batch: Batch): LogEntry[] {
  return [...linesOf(batch)].flatMap((line) =>
    Array.from({ length: line.offset - line.first + 1 }, (_, i) => ({ epoch: batch.epoch, entry: entryOf(line, line.first + i - 1, line.first + i) })))
}
