import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engine } from '../../support/engines.ts'
import { bundleWorker } from './bundle.ts'
import { ENGINE_SORTS, engineSortOf } from './engine/engines.ts'
import { startRedisEngine } from './engine/redis.ts'
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

test('a storm over a Redis that keeps nothing fails: what it lost is found', { timeout: 180_000 }, async (context) => {
  engine('redis-server', context)
  const folder = await mkdtemp(join(tmpdir(), 'millrace-storm-'))
  const over = await startRedisEngine({ appendonly: 'no' })
  const crashes: Promise<void>[] = []
  try {
    const evidence = await storm({
      engine: over, script, folder, kills: 4, seed: SEED, lease: 1_000,
      onFault(kills) {
        if (kills >= 2 && crashes.length === 0) crashes.push(over.crash!.kill().then(() => over.crash!.start()))
      },
    })
    await Promise.all(crashes)
    expect(crashes).toHaveLength(1)
    expect(judge(evidence, 4).findings.map(({ sort }) => sort)).toContain('lost')
  } finally {
    await over.close()
    await rm(folder, { recursive: true })
  }
})

test('an engine that nobody knows is refused, with the names of those that are', () => {
  expect(() => engineSortOf('mysql://localhost')).toThrow('sqlite, redis')
})
