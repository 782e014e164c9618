import { expect, test } from 'vitest'
import { defineRun } from '../run/define.ts'
import { memory } from '../store/memory.ts'
import { createMillrace } from './app.ts'
import { anyone } from './authenticate.ts'

test('streams of a server that closes are cut one after another, none looks finished, and the run is given back before', async () => {
  const store = memory()
  const kept = { ...store, find: store.find.bind(store), list: store.list.bind(store) }
  const app = createMillrace({
    store, authenticate: anyone, drain: 200,
    runs: { wait: defineRun({ recover: 'resume', async *run({ signal }) { yield 'a'; await new Promise((_, reject) => signal.addEventListener('abort', reject)) } }) },
  })
  const run = await app.start('wait', null, { principal: 'anyone' })
  const cut: { readonly at: number; readonly status: string | undefined }[] = []
  const readers = await Promise.all(Array.from({ length: 40 }, async () => {
    const { body } = await app.fetch(new Request(`http://x/runs/${run.id}`, { headers: { Accept: 'text/event-stream' } }))
    const reader = body!.getReader()
    await reader.read()
    return reader
  }))
  const ends = readers.map(async (reader) => {
    for (;;) {
      try {
        if ((await reader.read()).done) throw new Error('it looks finished')
      } catch (error) {
        expect(error).not.toMatchObject({ message: 'it looks finished' })
        const [record] = await kept.list({ limit: 1 })
        cut.push({ at: performance.now(), status: record?.status })
        return
      }
    }
  })
  await Promise.all([app.close(), ...ends])
  expect(new Set(cut.map(({ at }) => Math.round(at))).size).toBeGreaterThan(5)
  expect(cut[0]?.status).toBe('queued')
})
