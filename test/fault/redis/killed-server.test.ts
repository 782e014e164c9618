import { expect, test, vi } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import type { Lease, RunId, Store, Write } from '../../../packages/millrace/src/store/store.ts'
import { expectLog, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { type OpenStore, withIoredis, withNodeRedis, withUrl } from '../../support/redis-harness.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'

const CLIENTS: Readonly<Record<string, (server: RedisServer) => OpenStore>> = {
  redis: ({ url }) => withNodeRedis(url),
  ioredis: ({ port }) => withIoredis(port),
  'a URL': ({ url }) => withUrl(url),
}

/** In ms: more than any restart here takes. */
const PATIENCE = 30_000

/** As a producer does: the same write again, unchanged, while the store is busy, and for no other reason. */
async function append(store: Store, run: RunId, lease: Lease, write: Write): Promise<void> {
  await insist(() => store.append(run, lease, write).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'store_busy' })
    throw error
  }), PATIENCE)
}

for (const [name, openStore] of Object.entries(CLIENTS)) {
  test(`a server that is killed again and again loses and doubles nothing acknowledged (${name})`, { timeout: 60_000 }, async (context) => {
    await using server = await startRedis(engine('redis-server', context), { appendfsync: 'always' })
    const store = openStore(server)('killed')
    const runs = await Promise.all(Array.from({ length: 5 }, () => start(store)))
    let isOver = false
    const writing = runs.map(async ({ run, lease }) => {
      const texts: string[] = []
      while (!isOver) {
        const text = `${run} ${String(texts.length)}`
        await append(store, run, lease, says(texts.length + 1, text))
        texts.push(text)
      }
      return { run, texts }
    })
    const tail = async (): Promise<number> => (await store.find(runs[0]!.run))?.tail ?? 0
    for (let kills = 0; kills < 3; kills++) {
      await server.kill()
      await server.start()
      const before = await tail()
      await vi.waitUntil(async () => (await tail()) > before + 20, { timeout: 10_000 })
    }
    isOver = true
    for (const { run, texts } of await Promise.all(writing)) await expectLog(store, run, texts, run)
    await store.close()
  })

  test(`watchers hear again of their runs after the server was away (${name})`, async (context) => {
    await using server = await startRedis(engine('redis-server', context))
    const [one, other] = [openStore(server)('away'), openStore(server)('away')]
    const { run, lease } = await start(one)
    const heard: (number | null)[] = []
    other.watch(run, (batch) => heard.push(batch && batch.last))
    await vi.waitUntil(() => heard.includes(null))
    await server.kill()
    heard.length = 0
    await server.start()
    await vi.waitUntil(() => heard.includes(null), { timeout: 10_000 })
    await append(one, run, lease, says(1, 'a'))
    await vi.waitUntil(() => heard.includes(2), { timeout: 10_000 })
    await Promise.all([one.close(), other.close()])
  })
}
