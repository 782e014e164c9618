import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { ACCEPTS, framesIn, said, type Framing } from '../../../../test/support/frames.ts'
import { hostileText } from '../../../../test/support/hostile-text.ts'
import { everything, Log } from '../../../../test/support/log.ts'
import { messagesIn, shownBy } from '../../../../test/support/page-messages.ts'
import type { Said } from '../run/said.ts'

/** A frame, whatever its dialect. */
interface Piece {
  readonly cursor: string | null
  readonly event: string | null
  readonly data: string
}

interface Way {
  readonly dialect: 'millrace' | 'anthropic' | 'ag-ui' | 'chunk' | 'html'
  readonly framing: Framing
}

const JSON_WAYS: readonly Way[] = (['millrace', 'anthropic', 'ag-ui', 'chunk'] as const).flatMap((dialect) => (['sse', 'ndjson', 'framed'] as const).map((framing) => ({ dialect, framing })))
const WAYS: readonly Way[] = [...JSON_WAYS, { dialect: 'html', framing: 'sse' }]

/** The whole frames in `bytes`: what a cut left of the last one is thrown away. */
function piecesIn(bytes: Uint8Array, { dialect, framing }: Way): Piece[] {
  if (dialect === 'html') return messagesIn(bytes).map(({ id = null, event = null, data }) => ({ cursor: id, event, data }))
  return framesIn(bytes, framing).map(({ cursor, event, data }) => ({ cursor, event, data: JSON.stringify(data) }))
}

/** What they say, whatever pieces the text came in. */
function meaningOf(pieces: readonly Piece[], { dialect }: Way): unknown {
  if (dialect === 'html') return shownBy(pieces)
  return said(pieces.map(({ data, ...piece }) => ({ ...piece, data: JSON.parse(data) as Readonly<Record<string, unknown>> })))
}

async function download(server: TestApp, log: Log, { dialect, framing }: Way, cursor: string | null): Promise<Uint8Array> {
  const headers = { Accept: ACCEPTS[framing], ...(cursor === null ? {} : { 'Last-Event-ID': cursor }) }
  const response = await server.ask(`/runs/${log.run}?dialect=${dialect}`, { headers })
  expect([200, 204]).toContain(response.status)
  return new Uint8Array(await response.arrayBuffer())
}

/** Writes all this, under a new lease before each of the writes in `takeovers`. */
async function written(server: TestApp, writes: readonly (readonly Said[])[], takeovers: readonly number[]): Promise<Log> {
  const log = await Log.begin(server.store)
  for (const [at, write] of writes.entries()) {
    if (takeovers.includes(at)) await log.takeOver()
    await log.say(...write)
  }
  await log.end({ status: 'completed', reason: 'end_turn', usage: { input: 12, output: 40 } })
  return log
}

const LOGS = [
  { name: 'under one lease', takeovers: [], sealed: false },
  { name: 'under one lease and sealed', takeovers: [], sealed: true },
  { name: 'taken over twice', takeovers: [3, 7], sealed: false },
  { name: 'taken over twice and sealed', takeovers: [3, 7], sealed: true },
]

test.each(WAYS.flatMap((way) => LOGS.map((log) => ({ ...way, ...log }))))('cut at every byte and resumed it says the same: $dialect as $framing, $name', async ({ takeovers, sealed, ...way }) => {
  await using server = testApp()
  const log = await written(server, everything, takeovers)
  if (sealed) await log.seal()
  const bytes = await download(server, log, way, null)
  const whole = piecesIn(bytes, way)
  const joined = new Set<number>()
  for (let cut = 0; cut < bytes.length; cut += 1) {
    const got = piecesIn(bytes.subarray(0, cut), way)
    // What a cut leaves is a beginning of the whole, so what follows depends on its length alone.
    if (JSON.stringify(got.at(-1)) !== JSON.stringify(whole[got.length - 1])) expect(got).toEqual(whole.slice(0, got.length))
    if (joined.has(got.length)) continue
    joined.add(got.length)
    const rest = piecesIn(await download(server, log, way, got.at(-1)?.cursor ?? null), way)
    expect(meaningOf([...got, ...rest], way)).toEqual(meaningOf(whole, way))
  }
  expect(joined.size).toBeGreaterThanOrEqual(whole.length)
})

/** What follows each offset, whoever was told a cursor of it: another node may have been. */
async function restsOf(server: TestApp, log: Log, way: Way): Promise<string[]> {
  const epoch = piecesIn(await download(server, log, way, null), way)[0]?.cursor?.split('-')[0] ?? ''
  const rests: string[] = []
  for (let after = 1; after < log.tail; after += 1) {
    const pieces = piecesIn(await download(server, log, way, `${epoch}-${String(after)}`), way)
    rests.push(JSON.stringify(meaningOf(pieces, way)).replaceAll(log.run, 'RUN'))
  }
  return rests
}

test.each(JSON_WAYS)('what was said at once says the same after every offset in it as word by word: $dialect as $framing', async (way) => {
  await using server = testApp()
  const [plain, joined] = [await Log.begin(server.store), await Log.begin(server.store)]
  for (const write of everything) {
    await plain.say(...write)
    await joined.sayAtOnce(...write)
  }
  for (const log of [plain, joined]) await log.end()
  const { batches } = await server.store.read(joined.run, 0, 1e9)
  expect(batches.some(({ parts }) => parts !== null)).toBe(true)
  const rests = await restsOf(server, joined, way)
  expect(rests.length).toBe(joined.tail - 1)
  expect(rests).toEqual(await restsOf(server, plain, way))
})

const anything: fc.Arbitrary<Said> = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  { weight: 1, arbitrary: hostileText.map((text) => ({ type: 'delta', kind: 'reasoning', text })) },
  { weight: 1, arbitrary: fc.constantFrom(...everything.flat()) },
)
const aLongRun = fc.record({
  writes: fc.array(fc.array(anything, { minLength: 1, maxLength: 9 }), { minLength: 30, maxLength: 60 }),
  takeovers: fc.array(fc.nat(60), { maxLength: 4 }),
  /** How much of each answer arrives, in turn; after the last one the connection holds. */
  cuts: fc.array(fc.nat(8_000), { minLength: 1, maxLength: 12 }),
  /** The answer before which the log is sealed; often never. */
  sealing: fc.nat(20),
})

test.each(WAYS)('a long run, cut again and again, also while it is sealed, says the same: $dialect as $framing', async (way) => {
  await using server = testApp()
  await fc.assert(fc.asyncProperty(aLongRun, async ({ writes, takeovers, cuts, sealing }) => {
    const log = await written(server, writes, takeovers)
    const whole = piecesIn(await download(server, log, way, null), way)
    const got: Piece[] = []
    for (let turn = 0; got.at(-1)?.cursor !== whole.at(-1)?.cursor; turn += 1) {
      if (turn === sealing) await log.seal()
      const bytes = await download(server, log, way, got.at(-1)?.cursor ?? null)
      got.push(...piecesIn(bytes.subarray(0, cuts[turn] ?? bytes.length), way))
    }
    expect(meaningOf(got, way)).toEqual(meaningOf(whole, way))
  }), { numRuns: 12 })
})
