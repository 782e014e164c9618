import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engine } from '../../support/engines.ts'
import { bundleWorker } from './bundle.ts'
import { ENGINE_SORTS, engineSortOf } from './engine/engines.ts'
import { judge } from './oracle/judge.ts'
import { storm } from './storm.ts'

/** The short form of `npm run chaos`: what it shows is little, and that nothing in it is broken. */
const KILLS = 12
const SEED = 4_711

let script: string
beforeAll(async () => {
  script = await bundleWorker()
})
afterAll(() => rm(script))

for (const { scheme, program, start } of ENGINE_SORTS) {
  test(`a storm over ${scheme} loses, doubles and reorders nothing, and every run has one end`, { timeout: 180_000 }, async (context) => {
    if (program !== null) engine(program, context)
    const folder = await mkdtemp(join(tmpdir(), 'millrace-storm-'))
    const over = await start(scheme)
    try {
      const { findings, tooFew } = judge(await storm({ engine: over, script, folder, kills: KILLS, seed: SEED, lease: 1_000 }), KILLS)
      expect(findings).toEqual([])
      expect(tooFew).toEqual([])
    } finally {
      await over.close()
      await rm(folder, { recursive: true })
    }
  })
}

test('an engine that nobody knows is refused, with the names of those that are', () => {
  expect(() => engineSortOf('mysql://localhost')).toThrow('sqlite, redis')
})
