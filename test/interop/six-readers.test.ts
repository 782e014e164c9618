import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test, vi, type TestContext } from 'vitest'
import { defineRun, type SnapshotReply } from '../../packages/millrace/src/index.ts'
import type { Model } from '../../packages/millrace/src/model/index.ts'
import { serve } from '../../packages/millrace/src/runtime/index.ts'
import { COMMAND } from '../cli/support.ts'
import { testApp } from '../support/app.ts'
import { closeAll, LOCALS, opened } from '../support/local-models.ts'
import { READERS, routesTo } from '../support/six-readers.ts'

const QUESTION = 'And God said'
const PATIENCE = { timeout: 60_000, interval: 20 }

afterAll(closeAll)

/** What six readers of one run were given, and what the run says of itself. */
interface Scene {
  readonly starts: number
  readonly run: SnapshotReply
  readonly texts: readonly string[]
  readonly ends: readonly string[]
}

/** One run of the toy model: it waits until all six have its first word, and one that is to be stopped says forty. */
async function play(model: Model, isStopped: boolean): Promise<Scene> {
  let starts = 0
  let isHeld = false
  let goOn = (): void => undefined
  const allHere = new Promise<void>((resolve) => (goOn = resolve))
  const answer = defineRun<{ question: string }>({
    async *run({ input, signal }) {
      starts += 1
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      let words = 0
      for await (const said of model.stream({ messages: [{ role: 'user', text: input.question }], seed: 7, signal })) {
        yield said
        words += 1
        if (words === 1) await Promise.race([allHere, stopped])
        if (words < 40 || !isStopped) continue
        isHeld = true
        await stopped
      }
    },
  })
  await using server = testApp({ runs: { answer }, routes: routesTo('answer'), authenticate: () => 'ada' })
  const served = await serve(server.app, { port: 0 })
  const snapshot = async (): Promise<SnapshotReply> => {
    const { runs: [one, ...more] } = (await (await fetch(`${served.url}/runs`)).json()) as { readonly runs: readonly { readonly id: string }[] }
    expect(more).toEqual([])
    return (await (await fetch(`${served.url}/runs/${one?.id ?? ''}`)).json()) as SnapshotReply
  }
  const readers = READERS.map(({ read }) => read(served.url, QUESTION, 'one-run'))
  const texts = (): string[] => readers.map(({ text }) => text())
  await vi.waitUntil(() => texts().every((text) => text !== ''), PATIENCE)
  goOn()
  if (isStopped) {
    const held = await vi.waitUntil(async () => {
      const now = await snapshot()
      return isHeld && texts().every((text) => text === now.text) && now
    }, PATIENCE)
    await promisify(execFile)(process.execPath, [COMMAND, 'cancel', served.url, held.id])
  }
  const ends = await Promise.all(readers.map(({ ended }) => ended))
  const scene = { starts, run: await snapshot(), texts: texts(), ends }
  await served.close()
  return scene
}

const scenes = new Map<boolean, Promise<Scene>>()

/** All six tell of the same run. */
async function sceneOf(context: TestContext, isStopped: boolean): Promise<Scene> {
  const [gguf] = LOCALS
  const model = await opened(gguf!, context)
  const scene = scenes.get(isStopped) ?? play(model, isStopped)
  scenes.set(isStopped, scene)
  return scene
}

for (const [nth, { client, ends }] of READERS.entries()) {
  describe(client, () => {
    test('one run of a local model, read at the same time by five other clients: the same text', { timeout: 120_000 }, async (context) => {
      const scene = await sceneOf(context, false)
      expect(scene).toMatchObject({ starts: 1, run: { status: 'completed' } })
      expect(scene.run.text.length).toBeGreaterThan(300)
      expect(scene.texts[nth]).toBe(scene.run.text)
      expect(scene.ends[nth]).toBe(ends.completed)
    })

    test('such a run, stopped by `millrace cancel` for all six: this client’s own end', { timeout: 120_000 }, async (context) => {
      const scene = await sceneOf(context, true)
      expect(scene).toMatchObject({ starts: 1, run: { status: 'cancelled' } })
      expect(scene.run.text.length).toBeGreaterThan(60)
      expect(scene.texts[nth]).toBe(scene.run.text)
      expect(scene.ends[nth]).toBe(ends.cancelled)
    })
  })
}
