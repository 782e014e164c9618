import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engine } from '../../support/engines.ts'
import { bundleWorker } from './bundle.ts'
import { redisWith } from './engine/redis.ts'
import { judge } from './oracle/judge.ts'
import { readLogs } from './read-logs.ts'
import { storm } from './storm.ts'

/** What a store must not forget is only shown where one that does forget is found out. */
const KILLS = 3
const SEED = 4_711
const KEEPING = { appendonly: 'yes', appendfsync: 'always' }
const FORGETTING = { appendonly: 'no', save: '' }

let script: string
beforeAll(async () => {
  script = await bundleWorker()
})
afterAll(() => rm(script))

for (const [what, settings] of [['keeps what it acknowledged', KEEPING], ['forgets it', FORGETTING]] as const) test(`an engine that ${what} is killed when the storm is over: the oracle tells which it is`, { timeout: 180_000 }, async (context) => {
  engine('redis-server', context)
  const folder = await mkdtemp(join(tmpdir(), 'millrace-storm-'))
  const over = await redisWith(settings).start('redis')
  try {
    // Killed only when all is acknowledged: what is found does not hang on when a kill of the storm's own befell.
    const evidence = await storm({ engine: { ...over, crash: null }, script, folder, kills: KILLS, seed: SEED, lease: 1_000 })
    const before = judge(evidence, KILLS)
    expect(before.findings).toEqual([])
    expect(before.acknowledged).toBeGreaterThan(0)
    await over.crash?.kill()
    await over.crash?.start()
    const { findings } = judge({ ...evidence, logs: await readLogs(over, [...evidence.logs.keys()]) }, KILLS)
    const lost = new Set(findings.filter(({ sort }) => sort === 'lost').map(({ run }) => run))
    expect(lost).toEqual(new Set(what === 'forgets it' ? evidence.started : []))
    if (lost.size === 0) expect(findings).toEqual([])
  } finally {
    await over.close()
    await rm(folder, { recursive: true })
  }
})
