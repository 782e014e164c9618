import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { ACCEPTS, framesIn, said, type Frame } from '../../../../test/support/frames.ts'
import { everything, Log } from '../../../../test/support/log.ts'
import { outlineAt } from '../run/outline-at.ts'
import { pack } from '../run/seal.ts'
import { memory } from '../store/memory.ts'
import { sqlite } from '../store/sqlite/store.ts'
import type { Store } from '../store/store.ts'

const ways = (['millrace', 'anthropic'] as const).flatMap((dialect) => (['sse', 'ndjson'] as const).map((framing) => ({ dialect, framing })))
type Way = (typeof ways)[number]

/** Seals the first rows that are not sealed yet, `count` of them: what a rolling seal does, cut anywhere. */
async function roll(store: Store, { run }: Log, count: number): Promise<void> {
  const record = await store.find(run)
  const sealedTo = record?.sealedTo ?? 0
  const { batches } = await store.read(run, sealedTo, 1e9)
  const rows = batches.slice(0, count)
  if (rows.length > 0) await store.seal(run, { segments: pack(rows, await outlineAt(store, run, sealedTo)), snapshot: null })
}

/** One of the frames the run has so far, by chance: with those before it and the cursor to go on from. */
async function soFar(server: TestApp, log: Log, way: Way, chance: number): Promise<Frame[]> {
  // Not every entry has a frame in every dialect; a word does, so the newest frame is known.
  await log.say('so ')
  const response = await ask(server, log, way, null)
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body!) {
    chunks.push(chunk)
    const frames = framesIn(Buffer.concat(chunks), way.framing)
    if (frames.at(-1)?.cursor?.endsWith(`-${String(log.tail)}`) === true) return frames.slice(0, 1 + (chance % frames.length))
  }
  throw new Error('the stream ended before it said enough')
}

function ask(server: TestApp, log: Log, { dialect, framing }: Way, cursor: string | null): Promise<Response> {
  const headers = { Accept: ACCEPTS[framing], ...(cursor === null ? {} : { 'Last-Event-ID': cursor }) }
  return server.ask(`/runs/${log.run}?dialect=${dialect}`, { headers })
}

async function rest(response: Promise<Response>, { framing }: Way): Promise<Frame[]> {
  return framesIn(new Uint8Array(await (await response).arrayBuffer()), framing)
}

const steps = fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('roll' as const), rows: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), which: fc.nat(everything.length - 1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('resume' as const), way: fc.nat(3), chance: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('take over' as const) }) },
), { maxLength: 24, size: 'max' })

let folder = ''
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-rolled-'))
})
afterAll(() => rm(folder, { recursive: true }))

test.each<[string, () => Store, number]>([
  ['memory', memory, 100],
  ['SQLite', () => sqlite(join(folder, `${String(files++)}.db`)), 25],
])('wherever a growing log is packed, every reader gets exactly what follows its cursor, live or later: %s', async (_name, open, numRuns) => {
  await fc.assert(fc.asyncProperty(steps, async (all) => {
    const store = open()
    await using server = testApp({ store })
    const log = await Log.begin(store)
    const live = ways.map((way) => ({ way, before: [] as Frame[], after: rest(ask(server, log, way, null), way) }))
    const text = server.ask(`/runs/${log.run}`, { headers: { Accept: 'text/plain' } }).then((response) => response.text())
    // One word a write: what a model's answer is made of.
    await log.say('The ')
    for (const word of ['quick ', 'brown ', '🦊', '\n', 'jumps ']) await log.say(word)
    for (const step of all) {
      if (step.do === 'roll') await roll(store, log, step.rows)
      else if (step.do === 'say') for (const one of everything[step.which] ?? []) await log.say(one)
      else if (step.do === 'take over') await log.takeOver()
      else {
        const way = ways[step.way]!
        const before = await soFar(server, log, way, step.chance)
        live.push({ way, before, after: rest(ask(server, log, way, before.at(-1)!.cursor), way) })
      }
    }
    await log.end()
    const told = await Promise.all(live.map(async ({ way, before, after }) => ({ way, frames: [...before, ...(await after)] })))
    const late = await Promise.all(ways.map(async (way) => ({ way, frames: await rest(ask(server, log, way, null), way) })))
    for (const { way, frames } of [...told, ...late]) {
      expect(said(frames)).toEqual(said(told.find((first) => first.way === way)!.frames))
      if (way.dialect === 'millrace') expectGapless(frames, log.tail)
    }
    expect(await (await server.ask(`/runs/${log.run}`, { headers: { Accept: 'text/plain' } })).text()).toBe(await text)
  }), { numRuns })
})

/** In the library's own dialect every frame says where it begins. */
function expectGapless(frames: readonly Frame[], tail: number): void {
  let at = 0
  for (const { cursor, data } of frames) {
    const last = Number(cursor?.split('-')[1])
    expect(Number(data['first'] ?? last)).toBe(at + 1)
    at = last
  }
  expect(at).toBe(tail)
}
