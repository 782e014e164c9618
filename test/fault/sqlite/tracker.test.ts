import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Entry } from '../../../packages/millrace/src/index.ts'
import { sqlite } from '../../../packages/millrace/src/store/sqlite/index.ts'
import { entriesIn } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { buildChild, startChild, withFolder } from './processes.ts'

const STEPS = 120
let script: string
beforeAll(async () => {
  script = await buildChild(undefined, 'tracker')
})
afterAll(() => rm(script))

interface Said {
  readonly type: string
  readonly n?: number
  readonly sum?: number
}

test('a run that lives on signals takes each once and in order, however often its process is killed', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'log.db')
    let child = startChild(script, file, 'start')
    await child.said(1)
    const run = child.lines()[0] ?? ''
    const store = sqlite(file)
    for (let n = 1; n <= STEPS; n += 1) {
      await store.signal(run, { id: String(n), type: 'step', data: String(n) })
      if (n % 15 !== 0) continue
      // Somewhere in the midst of them: at times between a commit and what follows it.
      await vi.waitUntil(async () => ((await store.find(run))?.tail ?? 0) > n, { timeout: 20_000, interval: 1 })
      child.process.kill('SIGKILL')
      await child.ended
      child = startChild(script, file)
    }
    await store.signal(run, { id: 'done', type: 'done', data: 'null' })
    await vi.waitUntil(async () => (await store.find(run))?.endedAt != null, { timeout: 20_000 })
    const said: readonly Said[] = await entriesIn(store, run)
    expect(said.filter(({ type }) => type === 'step').map(({ n }) => n)).toEqual(Array.from({ length: STEPS }, (_, n) => n + 1))
    expect(said.filter(({ type }) => type === 'sum')).toHaveLength(STEPS)
    expect(said.at(-1)).toMatchObject({ type: 'end', status: 'completed', result: (STEPS * (STEPS + 1)) / 2 } satisfies Partial<Entry>)
    expect((await store.find(run))?.losses).toBeGreaterThan(3)
    child.process.kill('SIGKILL')
    await child.ended
    await store.close()
  })
}, 60_000)
