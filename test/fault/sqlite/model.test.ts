import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { anthropic, anyone, createMillrace, defineRun, memory, type Json } from '../../../packages/millrace/src/index.ts'
import { serve } from '../../../packages/millrace/src/runtime/index.ts'
import { sqlite } from '../../../packages/millrace/src/store/sqlite/index.ts'
import { entriesIn } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { buildChild, startChild, withFolder } from './processes.ts'

const KILLS = 4
/** So many words are said to a process that will be killed: it is in the middle whenever that is. */
const SAID = 80
const ANSWER = Array.from({ length: 400 }, (_, n) => `${n % 7 === 0 ? '\n' : ''}word ${String(n)}`).join(' ')

let script: string
beforeAll(async () => {
  script = await buildChild(undefined, 'model')
})
afterAll(() => rm(script))

/** Our own server as a model: it goes on after what the last message says, and waits with the rest until nobody is killed any more. */
function upstreamApp(asked: string[]) {
  const answer = defineRun({
    input: (prefix) => String(prefix),
    async *run({ input, signal }) {
      asked.push(input)
      const words = ANSWER.slice(input.length).match(/\s*\S+/g) ?? []
      if (asked.length > KILLS) return yield* words
      for (const word of words.slice(0, SAID)) {
        yield word
        // Each is an entry of its own: what is said at once is joined.
        await turn()
      }
      await once(signal, 'abort')
    },
  })
  return createMillrace({
    store: memory(), runs: { answer }, authenticate: anyone, routes: { '/v1/messages': { kind: 'answer', dialect: anthropic, input: prefixOf } },
  })
}

function prefixOf(body: Json): string {
  const { messages } = body as { messages: { role: string; content: string }[] }
  const last = messages.at(-1)
  return last?.role === 'assistant' ? last.content : ''
}

test('a run of a run: however often the reading process is killed, the answer is the upstream’s, word for word', async () => {
  const asked: string[] = []
  const upstream = upstreamApp(asked)
  const served = await serve(upstream, { port: 0 })
  await withFolder(async (folder) => {
    const file = join(folder, 'log.db')
    let child = startChild(script, file, served.url, 'start')
    await child.said(1)
    const run = child.lines()[0] ?? ''
    const store = sqlite(file)
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const tail = (await store.find(run))?.tail ?? 0
      await vi.waitUntil(async () => ((await store.find(run))?.tail ?? 0) > tail + 10, { timeout: 20_000, interval: 1 })
      child.process.kill('SIGKILL')
      await child.ended
      child = startChild(script, file, served.url)
    }
    await vi.waitUntil(async () => (await store.find(run))?.endedAt != null, { timeout: 30_000 })
    const said = await entriesIn(store, run)
    expect(said.map((entry) => (entry.type === 'delta' ? entry.text : '')).join('')).toBe(ANSWER)
    expect(said.filter(({ type }) => type === 'block_start')).toHaveLength(1)
    expect(said.at(-1)).toMatchObject({ type: 'end', status: 'completed', reason: 'stop' })
    // Each time it was asked only for what nobody had heard.
    expect(asked).toHaveLength(KILLS + 1)
    expect(asked.every((prefix, at) => ANSWER.startsWith(prefix) && prefix.length > (asked[at - 1]?.length ?? -1))).toBe(true)
    child.process.kill('SIGKILL')
    await child.ended
    await store.close()
  })
  await upstream.close()
  await served.close()
}, 90_000)
