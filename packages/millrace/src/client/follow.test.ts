import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Entry } from '../event/run-event.ts'
import type { ConnectionStatus } from './connection.ts'
import { batches, follow, type FollowOptions } from './follow.ts'
import { defaultHost, type Host, type Wake } from './host.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void

const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

/** A real server; `seen` holds the `Last-Event-ID` of every request. */
async function serve(
  handler: Handler,
): Promise<{ url: string; seen: (string | undefined)[]; requests: IncomingMessage[] }> {
  const seen: (string | undefined)[] = []
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers['last-event-id'] as string | undefined)
    requests.push(request)
    handler(request, response, requests.length - 1)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/runs/x`, seen, requests }
}

/** No jitter, so that a broken connection is followed by the next at once. */
const host: Host = { ...defaultHost, random: () => 0 }

/** The same with a clock that runs 400 times as fast: 40 s are 100 ms. */
const hasty: Host = {
  ...host,
  now: () => performance.now() * 400,
  timer: (ms, run) => defaultHost.timer(ms / 400, run),
}

const EPOCH = '0123abcd'
function frame(entry: Entry): string {
  const { offset, ...event } = entry
  return `id: ${EPOCH}-${String(offset)}\ndata: ${JSON.stringify(event)}\n\n`
}
function logOf(texts: readonly string[]): Entry[] {
  return [
    { type: 'start', run: 'r', kind: 'k', offset: 1 },
    ...texts.map((text, i): Entry => ({ type: 'delta', block: 0, kind: 'text', nth: 0, text, offset: i + 2 })),
    { type: 'end', status: 'completed', offset: texts.length + 2 },
  ]
}
const LOG = logOf(['Hé', '\n', 'wörld', '🌊', ''])
const LAST = LOG.length

function offsetOf(request: IncomingMessage): number {
  return Number(/-(\d+)$/.exec(String(request.headers['last-event-id'] ?? '-0'))?.[1])
}
function rest(log: readonly Entry[], after: number): string {
  return log.slice(after).map(frame).join('')
}
function stream(response: ServerResponse, status = 200): ServerResponse {
  return response.writeHead(status, { 'content-type': 'text/event-stream' })
}
/** Sends `bytes`, and when they are out breaks the connection. */
function cut(response: ServerResponse, bytes: string | Uint8Array): void {
  stream(response).write(bytes.length === 0 ? ':\n' : bytes, () => response.destroy())
}
function whole(request: IncomingMessage, response: ServerResponse): void {
  stream(response).end(rest(LOG, offsetOf(request)))
}
function problem(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json', ...headers })
    .end(JSON.stringify({ status, code, title: code }))
}

async function all(url: string, options: FollowOptions = {}): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of follow(url, { host, ...options })) entries.push(entry)
  return entries
}

describe('the entries are the log', () => {
  test('over one connection', async () => {
    const { url, seen } = await serve(whole)
    expect(await all(url)).toEqual(LOG)
    expect(seen).toEqual([undefined])
  })

  test('cut at every byte', { timeout: 60_000 }, async () => {
    const bytes = Buffer.from(rest(LOG, 0))
    // Every follow has two connections: one that is cut, and the one that makes up for it.
    const { url, requests } = await serve((request, response, nth) =>
      nth % 2 === 0 ? cut(response, bytes.subarray(0, nth / 2)) : whole(request, response),
    )
    const whenWhole = bytes.length - 1
    for (let at = 0; at < whenWhole; at++) expect(await all(url)).toEqual(LOG)
    expect(requests).toHaveLength(whenWhole * 2)
  })

  test('what stands behind the end is nothing, whatever it is', async () => {
    const log = logOf(['a'])
    const { url, requests } = await serve((_request, response) => {
      stream(response).end(`${log.map(frame).join('')}id: what\ndata: {"ty\n\n`)
    })
    expect((await all(url)).at(-1)).toEqual(log.at(-1))
    expect(requests.length).toBe(1)
  })

  test('whatever the server does on the way', { timeout: 60_000 }, async () => {
    const text = fc.string({ unit: 'binary', maxLength: 5 })
    const fault = fc.record({
      /** How far from where it was asked to the server begins: before is a repetition, after a gap. */
      from: fc.integer({ min: -3, max: 2 }),
      /** It joins so many deltas into one frame. */
      join: fc.integer({ min: 1, max: 3 }),
      stop: fc.double({ min: 0, max: 1, noNaN: true }),
      how: fc.constantFrom('cut', 'truncate', 'garbage', 'bad id', 'reorder', '503', 'portal' as const),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 12 }), fc.array(fault, { maxLength: 5 }), async (texts, faults) => {
        const log = logOf(texts)
        const { url, requests } = await serve((request, response, nth) => {
          const after = offsetOf(request)
          const now = faults[nth]
          if (now === undefined) return void stream(response).end(rest(log, after))
          const { from, join, stop, how } = now
          const frames = joined(log.slice(Math.max(0, after + from)), join).map(frame)
          if (how === 'reorder') frames.reverse()
          const bytes = Buffer.from(frames.join(''))
          const part = bytes.subarray(0, Math.floor(bytes.length * stop))
          if (how === '503') problem(response, 503, 'store_busy')
          else if (how === 'portal' && after > 0)
            response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>')
          else if (how === 'truncate') stream(response).end(part)
          else if (how === 'garbage')
            stream(response).end(Buffer.concat([part, Buffer.from('\n\nid: 0123abcd-1000\ndata: {"ty\xff\n\n')]))
          else if (how === 'bad id')
            stream(response).end(Buffer.concat([part, Buffer.from('\n\nid: what\ndata: {"type":"end"}\n\n')]))
          else cut(response, part)
        })
        const entries = await all(url)
        expect(entries.at(-1)).toEqual(log.at(-1))
        expect(apart(entries)).toEqual(log.map(({ offset }) => offset))
        expect(textOf(entries)).toBe(texts.join(''))
        expect(requests.length).toBeLessThanOrEqual(faults.length + 1)
      }),
      { numRuns: 60 },
    )
  })

  function joined(log: readonly Entry[], size: number): Entry[] {
    const out: Entry[] = []
    for (const entry of log) {
      const last = out.at(-1)
      const first = last?.type === 'delta' ? (last.first ?? last.offset) : 0
      if (last?.type === 'delta' && entry.type === 'delta' && entry.offset - first < size) {
        out[out.length - 1] = { ...entry, first, text: last.text + entry.text }
      } else out.push(entry)
    }
    return out
  }
  /** Every offset the entries cover, in order. */
  function apart(entries: readonly Entry[]): number[] {
    return entries.flatMap(({ first, offset }) =>
      Array.from({ length: offset - (first ?? offset) + 1 }, (_, i) => (first ?? offset) + i),
    )
  }
  function textOf(entries: readonly Entry[]): string {
    return entries.map((entry) => (entry.type === 'delta' ? entry.text : '')).join('')
  }
})

describe('what joins', () => {
  const one = LOG.map(frame)
  const overlap = frame({ type: 'delta', block: 0, kind: 'text', nth: 0, text: 'Hé\nwörld', first: 2, offset: 4 })

  test('a frame that was had already is dropped, and costs no connection', async () => {
    const twice = one.flatMap((_, i) => [...one.slice(0, i + 1)]).join('')
    const { url, seen } = await serve((_request, response) => stream(response).end(twice))
    expect(await all(url)).toEqual(LOG)
    expect(seen).toHaveLength(1)
  })

  test.each([
    ['a gap', one.filter((_, i) => i !== 3), 3],
    ['a joined frame that begins before the cursor', [...one.slice(0, 2), overlap, ...one.slice(4)], 2],
    ['an entry that cannot be read', [...one.slice(0, 2), 'id: 0123abcd-3\ndata: {"type"\n\n', ...one.slice(3)], 2],
    ['a place inside an entry', [...one.slice(0, 2), `id: 0123abcd-2.1-1\ndata: {"type":"x"}\n\n`, ...one.slice(2)], 2],
  ])('%s begins a new connection at the cursor', async (_what, frames, reached) => {
    const { url, seen } = await serve((request, response, nth) => {
      if (nth === 0) stream(response).end(frames.join(''))
      else whole(request, response)
    })
    expect(await all(url)).toEqual(LOG)
    expect(seen).toEqual([undefined, `${EPOCH}-${String(reached)}`])
  })

  test('a joined frame that begins at the cursor is taken as it is', async () => {
    const { url } = await serve((_request, response) =>
      stream(response).end([one[0], overlap, ...one.slice(4)].join('')),
    )
    expect((await all(url)).slice(0, 2)).toMatchObject([{ offset: 1 }, { first: 2, offset: 4, text: 'Hé\nwörld' }])
  })
})

describe('resuming', () => {
  test('goes on after the last whole frame, by its own id', async () => {
    const { url, seen } = await serve((request, response, nth) =>
      nth === 0 ? cut(response, rest(LOG, 0).slice(0, -20)) : whole(request, response),
    )
    expect(await all(url)).toEqual(LOG)
    expect(seen).toEqual([undefined, `${EPOCH}-${String(LAST - 1)}`])
  })

  test('a cursor that was kept goes on in a later follow', async () => {
    const { url, seen } = await serve(whole)
    const first = batches(url, { host })
    expect(first.cursor).toBe('')
    await first.next()
    await first.return?.()
    expect(first.cursor).toBe(`${EPOCH}-${String(LAST)}`)
    expect(await all(url, { after: `${EPOCH}-3` })).toEqual(LOG.slice(3))
    // What `cursor` is before the first entry.
    expect(await all(url, { after: '' })).toEqual(LOG)
    expect(seen).toEqual([undefined, `${EPOCH}-3`, undefined])
  })

  test.each(['0123abcd-4.1-1', 'x', '0123abcd-0x7', '0123abcd- 7', '0123abcd--7', '0123abcd-1e3'])(
    '%j is no cursor, and refused before anything is asked',
    (after) => {
      expect(() => follow('http://127.0.0.1:9/', { after })).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
    },
  )

  test('204 is the end', async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(204, { 'millrace-status': 'completed' }).end(),
    )
    expect(await all(url, { after: `${EPOCH}-${String(LAST)}` })).toEqual([])
  })

  test('a user event may have a field called first, and types nobody knows pass', async () => {
    const log = [
      { type: 'mine', first: 7, offset: 1 },
      { type: 'reset', offset: 2 },
      { type: 'end', status: 'failed', offset: 3 },
    ]
    const { url } = await serve((_request, response) =>
      stream(response).end(log.map((entry) => frame(entry as Entry)).join('')),
    )
    expect(await all(url)).toEqual(log)
  })
})

describe('giving up', () => {
  test.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [409, 'reset'],
    [410, 'gone'],
    [422, 'invalid_input'],
  ])('%i is final and says %s', async (status, code) => {
    const { url, seen } = await serve((_request, response) => problem(response, status, code))
    await expect(all(url)).rejects.toMatchObject({ code, retryable: false })
    expect(seen).toHaveLength(1)
  })

  test.each([408, 429, 500, 502, 503])('%i is tried again', async (status) => {
    const { url, seen } = await serve((request, response, nth) =>
      nth === 0 ? response.writeHead(status).end('no') : whole(request, response),
    )
    expect(await all(url)).toEqual(LOG)
    expect(seen).toHaveLength(2)
  })

  test.each(['reset', 'gone'] as const)('%s in mid-stream is final, after the entries before it', async (type) => {
    const { url, seen } = await serve((_request, response) =>
      cut(response, `${rest(LOG.slice(0, 2), 0)}data: {"type":"${type}"}\n\n`),
    )
    const entries: Entry[] = []
    const reading = async (): Promise<void> => {
      for await (const entry of follow(url, { host })) entries.push(entry)
    }
    await expect(reading()).rejects.toMatchObject({ code: type })
    expect(entries).toEqual(LOG.slice(0, 2))
    expect(seen).toHaveLength(1)
  })

  test('a page that is no stream is final at first, so that a wrong address shows at once', async () => {
    const { url, seen } = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hi</h1>'),
    )
    await expect(all(url)).rejects.toMatchObject({ code: 'invalid_response' })
    expect(seen).toHaveLength(1)
  })

  test('a server that ends every body clean and early ends in incomplete', async () => {
    const { url, seen } = await serve((_request, response) => stream(response).end(rest(LOG.slice(0, 3), 0)))
    await expect(all(url, { host: { ...hasty, random: () => 0.5 } })).rejects.toMatchObject({
      code: 'incomplete',
      cause: { code: 'incomplete' },
    })
    expect(seen.length).toBeGreaterThan(5)
  })

  test('a server that nobody finds ends in incomplete, with the reason', async () => {
    await expect(all('http://127.0.0.1:1/', { host: { ...hasty, random: () => 0.5 } })).rejects.toMatchObject({
      code: 'incomplete',
      cause: { cause: { message: 'fetch failed' } },
    })
  })

  test('a server that falls silent is left for a new connection', async () => {
    const { url, seen } = await serve((request, response, nth) =>
      nth === 0 ? stream(response).write(rest(LOG, 0).slice(0, -30)) : whole(request, response),
    )
    expect(await all(url, { host: hasty })).toEqual(LOG)
    // A busy machine may seem silent to the hasty clock once more.
    expect(seen.slice(0, 2)).toEqual([undefined, `${EPOCH}-${String(LAST - 1)}`])
  })

  test('an event without end is refused, not gathered', async () => {
    const { url } = await serve((_request, response) => {
      stream(response).write('data: ')
      response.end('x'.repeat(3 * 1024 * 1024))
    })
    await expect(all(url)).rejects.toMatchObject({ code: 'too_large' })
  })
})

describe('waiting as told', () => {
  test('Retry-After is honoured', async () => {
    const waits: number[] = []
    const noted: Host = { ...host, timer: (ms, run) => (waits.push(ms), defaultHost.timer(ms / 100, run)) }
    const { url } = await serve((request, response, nth) =>
      nth === 0 ? problem(response, 503, 'store_busy', { 'retry-after': '7' }) : whole(request, response),
    )
    expect(await all(url, { host: noted })).toEqual(LOG)
    expect(waits).toContain(7000)
  })

  test('retry is honoured within bounds', async () => {
    const waits: number[] = []
    const noted: Host = { ...host, timer: (ms, run) => (waits.push(ms), defaultHost.timer(ms / 1000, run)) }
    const { url } = await serve((request, response, nth) =>
      nth < 2 ? cut(response, `retry: ${nth === 0 ? '0' : '9999999'}\n\n`) : whole(request, response),
    )
    expect(await all(url, { host: noted })).toEqual(LOG)
    expect(waits).toEqual(expect.arrayContaining([100, 60_000]))
  })

  test('a wake-up ends the wait', async () => {
    let wake: (why: Wake) => void = () => {}
    const waits: number[] = []
    const sleepy: Host = {
      ...host,
      random: () => 0.99,
      timer: (ms) => (waits.push(ms), () => {}),
      onWake: (listener) => (wake = listener),
    }
    const { url } = await serve((request, response, nth) => (nth === 0 ? response.destroy() : whole(request, response)))
    const entries = all(url, { host: sleepy })
    await expect.poll(() => waits.length).toBe(2)
    wake('online')
    expect(await entries).toEqual(LOG)
  })
})

test.each([
  ['that waits for its answer', ''],
  ['that is live', rest(LOG.slice(0, 2), 0)],
])("a new network replaces a connection %s by one other, and its end is nobody's business", async (_which, sent) => {
  let wake: (why: Wake) => void = () => {}
  const { url, seen } = await serve((request, response, nth) => {
    if (nth > 0) whole(request, response)
    else if (sent !== '') stream(response).write(sent)
  })
  const states: ConnectionStatus[] = []
  let asked = 0
  const fetch: Host['fetch'] = (...request) => (asked++, host.fetch(...request))
  const entries: Entry[] = []
  const source = batches(url, { host: { ...host, fetch, onWake: (listener) => (wake = listener) } }, (state) =>
    states.push(state),
  )
  if (sent !== '') entries.push(...((await source.next()).value as readonly Entry[]))
  const next = source.next()
  await expect.poll(() => seen.length).toBe(1)
  wake('online')
  entries.push(...((await next).value as readonly Entry[]))
  expect(entries).toEqual(LOG)
  expect(asked).toBe(2)
  expect(states).toEqual(
    sent === '' ? ['connecting', 'live', 'ended'] : ['connecting', 'live', 'reconnecting', 'resumed', 'ended'],
  )
})

describe('leaving', () => {
  function endless(): { handler: Handler; closed: Promise<unknown> } {
    let tell: (value: unknown) => void = () => {}
    const closed = new Promise((resolve) => (tell = resolve))
    const handler: Handler = (_request, response) => {
      response.on('close', tell)
      stream(response).write(rest(LOG.slice(0, 2), 0))
    }
    return { handler, closed }
  }

  test('break drops the connection and sends nothing', async () => {
    const { handler, closed } = endless()
    const { url, requests } = await serve(handler)
    for await (const entry of follow(url, { host })) if (entry.offset === 2) break
    await closed
    expect(requests.map(({ method }) => method)).toEqual(['GET'])
  })

  test('return() ends a next() that waits', async () => {
    const { handler, closed } = endless()
    const { url } = await serve(handler)
    const entries = follow(url, { host })
    await entries.next()
    await entries.next()
    const pending = entries.next()
    await entries.return?.()
    expect(await pending).toEqual({ done: true, value: undefined })
    await closed
  })

  test('an aborted signal throws its reason out of the loop', async () => {
    const { handler, closed } = endless()
    const { url } = await serve(handler)
    const stop = new AbortController()
    const entries = follow(url, { host, signal: stop.signal })
    await entries.next()
    await entries.next()
    const pending = entries.next()
    stop.abort(new Error('enough'))
    await expect(pending).rejects.toThrow('enough')
    await closed
    await expect(all(url, { signal: stop.signal })).rejects.toThrow('enough')
  })

  test('who does not read leaves the bytes in the socket', async () => {
    let sent = 0
    const text = 'x'.repeat(100_000)
    const { url } = await serve((_request, response) => {
      const more = (): void => {
        while (sent < 2000) {
          sent += 1
          if (!response.write(frame({ type: 'delta', block: 0, kind: 'text', nth: 0, text, offset: sent }))) return
        }
      }
      stream(response).on('drain', more)
      more()
    })
    const source = batches(url, { host })
    await source.next()
    let before = -1
    // The server stalls once the buffers of the two sockets are full, far from its 200 MB.
    await expect.poll(() => before === (before = sent), { interval: 100 }).toBe(true)
    expect(sent).toBeLessThan(500)
    await source.return?.()
  })
})

test('a page sees how the connection fares', async () => {
  const states: ConnectionStatus[] = []
  const { url } = await serve((request, response, nth) =>
    nth === 0 ? cut(response, rest(LOG.slice(0, 2), 0)) : whole(request, response),
  )
  const source = batches(url, { host }, (status) => states.push(status))
  while (!(await source.next()).done);
  expect(states).toEqual(['connecting', 'live', 'reconnecting', 'resumed', 'ended'])
})

test('batches hold what arrived together, and the end ends them', async () => {
  const { url } = await serve(whole)
  const arrays: (readonly Entry[])[] = []
  for await (const batch of batches(url, { host })) arrays.push(batch)
  expect(arrays).toEqual([LOG])
})
