import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sqliteDrivers } from '../../../../../test/support/sqlite-drivers.ts'
import type { Store } from '../store.ts'
import { conformanceCases } from '../testing/cases.ts'
import type { StoreHarness } from '../testing/harness.ts'
import { runHistories } from '../testing/histories.ts'
import type { SqliteDriver } from './drivers.ts'
import { sqlite } from './store.ts'

/** Random histories played; each costs a file of its own. */
const RUNS = Number(process.env['MILLRACE_HISTORIES'] ?? 60)

/** Every handle is a store of its own on the same file, as another process has one. */
function harnessOn(driver: SqliteDriver): StoreHarness {
  return {
    clock: 'set',
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-sqlite-'))
      let now = 1_700_000_000_000
      const handles: Store[] = []
      const another = (): Store => {
        const store = sqlite(join(folder, 'runs', 'log.db'), { driver, clock: () => now })
        handles.push(store)
        return store
      }
      return {
        store: another(),
        second: () => Promise.resolve(another()),
        async restart() {
          await Promise.all(handles.map((store) => store.close()))
          return another()
        },
        advance(ms) {
          now += ms
          return Promise.resolve()
        },
        async close() {
          await Promise.all(handles.map((store) => store.close()))
          await rm(folder, { recursive: true })
        },
      }
    },
  }
}

describe.each(sqliteDrivers)('the SQLite store on %s', (driver) => {
  const harness = harnessOn(driver)

  for (const each of conformanceCases) test(each.name, () => each.run(harness))

  test('plays random histories as the model does', async () => {
    const seen = await runHistories(harness, { runs: RUNS })
    for (const answer of ['append ok', 'append fenced', 'repeat ok', 'acquire ok', 'read ok', 'seal null', 'delete null']) {
      expect(seen.get(answer), answer).toBeGreaterThan(0)
    }
  }, 600_000)
})
