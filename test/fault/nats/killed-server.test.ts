import { expect, test, vi } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import { Tails } from '../../../packages/millrace/src/run/tails.ts'
import type { Lease, RunId, Store, Write } from '../../../packages/millrace/src/store/store.ts'
import { expectLog, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { type OpenNats, withConnection, withUrl } from '../../support/nats-harness.ts'
import { type NatsServer, startNats } from '../../support/nats-server.ts'

const CLIENTS: Readonly<Record<string, (server: NatsServer) => OpenNats>> = {
  'a URL': ({ url }) => withUrl(url),
  'a connection': ({ url }) => withConnection(url),
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
  test(`a server that is killed again and again loses and doubles nothing acknowledged (${name})`, { timeout: 120_000 }, async (context) => {
    await using server = await startNats(engine('nats-server', context))
    const [store, other] = [await openStore(server)('killed'), await openStore(server)('killed')]
    const runs = await Promise.all(Array.from({ length: 5 }, () => start(store)))
    const tails = new Tails(other)
    const followed = runs.map(({ created }) => {
      const got: { readonly first: number; readonly last: number }[] = []
      tails.of(created.record).join({ onBatch: ({ first, last }) => got.push({ first, last }), onLost: (error) => { throw error } })
      return got
    })
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
    const tail = (): number => Math.min(...followed.map((got) => got.at(-1)?.last ?? 0))
    for (let kills = 0; kills < 3; kills++) {
      const before = tail()
      await vi.waitUntil(() => tail() > before + 20, { timeout: 20_000 })
      await server.kill()
      await server.start()
    }
    const last = tail()
    await vi.waitUntil(() => tail() > last + 20, { timeout: 20_000 })
    isOver = true
    for (const [i, { run, texts }] of (await Promise.all(writing)).entries()) {
      await expectLog(store, run, texts, run)
      await vi.waitUntil(() => followed[i]?.at(-1)?.last === texts.length + 1, { timeout: 10_000 })
      const got = followed[i] ?? []
      expect(got.slice(1).map(({ first }) => first)).toEqual(got.slice(0, -1).map(({ last }) => last + 1))
    }
    await Promise.all([store.close(), other.close()])
  })

  test(`watchers hear again of their runs after the server was away (${name})`, { timeout: 60_000 }, async (context) => {
    await using server = await startNats(engine('nats-server', context))
    const [one, other] = [await openStore(server)('away'), await openStore(server)('away')]
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
