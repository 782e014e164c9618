import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { ACCEPTS, framesIn, said, type Frame, type Framing } from '../../../../test/support/frames.ts'
import { everything, Log } from '../../../../test/support/log.ts'
import { expectProblem } from '../../../../test/support/problem.ts'

const ways = (['millrace', 'anthropic'] as const).flatMap((dialect) => (['sse', 'ndjson', 'framed'] as const).map((framing) => ({ dialect, framing })))
type Way = (typeof ways)[number]
const HALF = 5

/** Everything there is to say, under three leases. */
async function writeFirstHalf(log: Log): Promise<void> {
  for (const [index, said] of everything.slice(0, HALF).entries()) {
    if (index === 3) await log.takeOver()
    await log.say(...said)
  }
}

async function writeSecondHalf(log: Log): Promise<void> {
  for (const [index, said] of everything.slice(HALF).entries()) {
    if (index === 2) await log.takeOver()
    await log.say(...said)
  }
  await log.end({ status: 'completed', reason: 'end_turn', usage: { input: 12, output: 40 }, result: { ok: true } })
}

async function writtenLog({ store }: TestApp): Promise<Log> {
  const log = await Log.begin(store)
  await writeFirstHalf(log)
  await writeSecondHalf(log)
  return log
}

function request(log: Log, { dialect, framing }: Way, cursor: string | null, by: 'header' | 'query' = 'header'): [string, RequestInit] {
  const query = cursor === null || by === 'header' ? '' : `&after=${cursor}`
  const headers = { Accept: ACCEPTS[framing], ...(cursor === null || by === 'query' ? {} : { 'Last-Event-ID': cursor }) }
  return [`/runs/${log.run}?dialect=${dialect}${query}`, { headers }]
}

async function download(server: TestApp, log: Log, way: Way, cursor: string | null, by?: 'header' | 'query'): Promise<Uint8Array> {
  const response = await server.ask(...request(log, way, cursor, by))
  if (response.status === 204) return new Uint8Array()
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

/** In the library's own dialect every frame says where it begins: right after the one before. */
function expectUnbroken(frames: readonly Frame[], way: Way): void {
  if (way.dialect !== 'millrace') return
  const last = (frame: Frame | undefined): number => Number(frame?.cursor?.split('-')[1] ?? 0)
  for (const [index, frame] of frames.entries()) expect(Number(frame.data['first'] ?? last(frame))).toBe(last(frames[index - 1]) + 1)
}

test.each(ways)('from the cursor of every frame what follows is the rest: $dialect as $framing, before and after sealing', async (way) => {
  await using server = testApp()
  const log = await writtenLog(server)
  const fresh = framesIn(await download(server, log, way, null), way.framing)
  await log.seal()
  const sealed = framesIn(await download(server, log, way, null), way.framing)
  expect(sealed.length).toBeLessThan(fresh.length)
  expect(said(sealed)).toEqual(said(fresh))
  expectUnbroken(fresh, way)
  expectUnbroken(sealed, way)
  for (const frames of [fresh, sealed]) {
    for (const [index, { cursor }] of frames.entries()) {
      const rest = framesIn(await download(server, log, way, cursor, index % 2 === 0 ? 'header' : 'query'), way.framing)
      const joined = [...frames.slice(0, index + 1), ...rest]
      expect(said(joined)).toEqual(said(fresh))
      expect(joined.at(-1)).toEqual(fresh.at(-1))
      expectUnbroken(joined, way)
    }
  }
})

test.each(ways)('who reads from any cursor while the run goes on gets the rest as it lands: $dialect as $framing', async (way) => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  await writeFirstHalf(log)
  const whole = server.ask(...request(log, way, null)).then(bytesOf)
  const soFar = await readFrames(await server.ask(...request(log, way, null)), way.framing, (frames) => offsetOf(frames) === log.tail)
  const readers = soFar.map(async ({ cursor }) => framesIn(await bytesOf(await server.ask(...request(log, way, cursor))), way.framing))
  await writeSecondHalf(log)
  const fresh = framesIn(await whole, way.framing)
  for (const [index, reader] of readers.entries()) {
    expect(said([...soFar.slice(0, index + 1), ...(await reader)])).toEqual(said(fresh))
  }
})

test.each(ways)('a download cut at any byte, again and again, ends up the same: $dialect as $framing', async (way) => {
  await using server = testApp()
  const log = await writtenLog(server)
  const fresh = framesIn(await download(server, log, way, null), way.framing)
  const cutUp = async (cuts: readonly number[]): Promise<void> => {
    const got: Frame[] = []
    for (let turn = 0; got.at(-1)?.cursor !== fresh.at(-1)?.cursor; turn += 1) {
      const bytes = await download(server, log, way, got.at(-1)?.cursor ?? null)
      // After the last planned cut the connection holds.
      got.push(...framesIn(bytes.subarray(0, cuts[turn] ?? bytes.length), way.framing))
    }
    expect(said(got)).toEqual(said(fresh))
  }
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(3_000), { maxLength: 12 }), cutUp), { numRuns: 40 })
  await log.seal()
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(3_000), { maxLength: 12 }), cutUp), { numRuns: 40 })
})

test('the header beats the query', async () => {
  await using server = testApp()
  const log = await writtenLog(server)
  const way: Way = { dialect: 'millrace', framing: 'sse' }
  const frames = framesIn(await download(server, log, way, null), 'sse')
  const response = await server.ask(`/runs/${log.run}?after=${String(frames[1]?.cursor)}`, {
    headers: { Accept: ACCEPTS.sse, 'Last-Event-ID': String(frames[5]?.cursor) },
  })
  expect(framesIn(await bytesOf(response), 'sse')[0]).toEqual(frames[6])
})

test('after the terminal frame there is nothing: 204 and how the run ended', async () => {
  await using server = testApp()
  for (const way of ways) {
    const log = await writtenLog(server)
    const frames = framesIn(await download(server, log, way, null), way.framing)
    const response = await server.ask(...request(log, way, frames.at(-1)?.cursor ?? null))
    expect([response.status, response.headers.get('Millrace-Status'), response.headers.get('Millrace-Run')]).toEqual([204, 'completed', log.run])
  }
})

test('a cursor works in the other dialect where it stands between entries, and is refused inside one', async () => {
  await using server = testApp()
  const log = await writtenLog(server)
  const frames = framesIn(await download(server, log, { dialect: 'anthropic', framing: 'sse' }, null), 'sse')
  const between = frames.find(({ cursor }) => cursor !== null && !cursor.includes('.'))
  const inside = frames.find(({ cursor }) => cursor?.includes('.') === true)
  const millrace: Way = { dialect: 'millrace', framing: 'sse' }
  expect((await server.ask(...request(log, millrace, between!.cursor))).status).toBe(200)
  await expectProblem(await server.ask(...request(log, millrace, inside!.cursor)), 400, 'invalid_cursor')
})

test('a cursor that is no cursor is refused', async () => {
  await using server = testApp()
  const log = await writtenLog(server)
  const good = framesIn(await download(server, log, { dialect: 'millrace', framing: 'sse' }, null), 'sse')[2]!.cursor!
  const bad = ['7', 'x', `${good} `.replace(' ', '.'), `${good}.0-1`, `${good}.1`, `${good}.01-1`, good.toUpperCase().replace(/^/, 'G'), '-1', `${good}, ${good}`, '0'.repeat(5_000)]
  for (const cursor of bad) {
    await expectProblem(await server.ask(...request(log, { dialect: 'anthropic', framing: 'sse' }, cursor)), 400, 'invalid_cursor')
    await expectProblem(await server.ask(...request(log, { dialect: 'anthropic', framing: 'sse' }, encodeURIComponent(cursor), 'query')), 400, 'invalid_cursor')
  }
})

test('a cursor of another log, epoch or version, or beyond the tail, says that the log must be read anew', async () => {
  await using server = testApp()
  const [log, other] = [await writtenLog(server), await writtenLog(server)]
  const way: Way = { dialect: 'anthropic', framing: 'sse' }
  const frames = framesIn(await download(server, log, way, null), 'sse')
  const foreign = framesIn(await download(server, other, way, null), 'sse')
  const [epoch = '', place = ''] = frames.at(-1)!.cursor!.split('-')
  const [firstEpoch = ''] = frames[0]!.cursor!.split('-')
  const inside = frames.find(({ cursor }) => cursor?.includes('.') === true)!.cursor!
  const lost = [foreign[4]!.cursor!, `${epoch}-${String(Number(place) + 1)}`, `${firstEpoch}-${place}`, `${epoch}-0`, inside.replace(/\d+$/, '2')]
  for (const cursor of lost) await expectProblem(await server.ask(...request(log, way, cursor)), 409, 'reset')
  // No frame is the fifth of an entry that has three.
  await expectProblem(await server.ask(...request(log, way, inside.replace(/\.\d+-/, '.5-'))), 400, 'invalid_cursor')
})

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer())
}

function offsetOf(frames: readonly Frame[]): number {
  return Number(/-(\d+)$/.exec(frames.at(-1)?.cursor ?? '')?.[1] ?? 0)
}

/** Reads until `enough`, then leaves. */
async function readFrames(response: Response, framing: Framing, enough: (frames: readonly Frame[]) => boolean): Promise<Frame[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body!) {
    chunks.push(chunk)
    const frames = framesIn(Buffer.concat(chunks), framing)
    if (enough(frames)) return frames
  }
  throw new Error('the stream ended before it said enough')
}
