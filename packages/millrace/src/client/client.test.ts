import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import type { Typed } from '../protocol/app.ts'
import { createClient, type Client } from './client.ts'
import { newKey } from './key.ts'
import { defaultHost, type Host } from './host.ts'
import type { Run } from './run.ts'

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
type Handler = (seen: Seen, response: ServerResponse, nth: number) => void

const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

async function serve(handler: Handler): Promise<{ base: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const one = { method, path, headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      handler(one, response, seen.length - 1)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { base: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, seen }
}

/**
 * Hardly any jitter, and short waits. The clock itself is the true one: were it fast too, an answer
 * that a busy machine gives late would pass for silence, and its request be sent once more.
 */
const host: Host = {
  ...defaultHost,
  random: () => 0.01,
  timer: (ms, run) => defaultHost.timer(ms / 400, run),
}

const ID = 'AAAAAAAAAAAAAAAAAAAAA_'
const STARTED = { id: ID, kind: 'answer', status: 'running', tail: 1, created: true }

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
function events(response: ServerResponse, ...list: readonly object[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(list.map((event, i) => `id: 0123abcd-${String(i + 1)}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
}
const delta = (text: string, kind = 'text'): object => ({ type: 'delta', block: 0, kind, nth: 0, text })
const START = { type: 'start', run: ID, kind: 'answer' }
const END = { type: 'end', status: 'completed' }
const SNAPSHOT = { ...STARTED, status: 'completed', text: 'Hello', sources: [], usage: { output: 2 }, result: 7 }

/** One ended run: its snapshot as JSON, or its stream. */
function ended(...list: readonly object[]): Handler {
  return ({ headers }, response) =>
    headers.accept === 'application/json' ? json(response, 200, SNAPSHOT) : events(response, START, ...list, END)
}

describe('start', () => {
  test('posts the input once under a key of its own', async () => {
    const { base, seen } = await serve((_seen, response) => json(response, 202, STARTED))
    const client = createClient(`${base}/`, { host })
    expect((await client.start('answer', { message: 'hi' })).id).toBe(ID)
    await client.start('a/b', undefined)
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/runs/answer', body: '{"message":"hi"}' })
    expect(seen[0]?.headers).toMatchObject({ 'content-type': 'application/json', prefer: 'respond-async' })
    expect(seen[0]?.headers['idempotency-key']).toMatch(/^(?:\d{1,3}\.){15}\d{1,3}$/)
    expect(seen[1]).toMatchObject({ method: 'POST', path: '/runs/a%2Fb', body: 'null' })
    expect(seen[1]?.headers['idempotency-key']).not.toBe(seen[0]?.headers['idempotency-key'])
  })

  test('repeats itself under the same key until it is answered', async () => {
    const { base, seen } = await serve((_seen, response, nth) => {
      if (nth === 0) response.destroy()
      else if (nth === 1) json(response, 503, { code: 'store_busy' }, { 'retry-after': '1' })
      else if (nth === 2) json(response, 429, { code: 'too_many_streams' })
      else json(response, 200, STARTED)
    })
    expect((await createClient(base, { host }).start('answer', {})).id).toBe(ID)
    expect(seen).toHaveLength(4)
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  test('what meets silence is posted once more, under the same key', async () => {
    const { base, seen } = await serve((_seen, response, nth) => {
      if (nth > 0) json(response, 200, STARTED)
    })
    // The 40 s after which silence counts are 100 ms.
    const now = (): number => performance.now() * 400
    expect((await createClient(base, { host: { ...host, now } }).start('answer', {})).id).toBe(ID)
    expect(seen.length).toBeGreaterThan(1)
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  test('takes a key that was given, and a refusal as final', async () => {
    const { base, seen } = await serve((_seen, response) =>
      json(response, 422, { code: 'key_reused', detail: 'Another input.' }),
    )
    const key = newKey()
    expect(key).not.toBe(newKey())
    const starting = createClient(base, { host }).start('answer', {}, { key })
    await expect(starting).rejects.toMatchObject({ code: 'key_reused', message: 'Another input.', retryable: false })
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual([key])
  })

  test('stops repeating when its signal aborts', async () => {
    const stop = new AbortController()
    const { base } = await serve((_seen, response, nth) => {
      response.destroy()
      if (nth === 1) stop.abort(new Error('enough'))
    })
    await expect(createClient(base, { host }).start('answer', {}, { signal: stop.signal })).rejects.toThrow('enough')
  })
})

describe('a run', () => {
  test('text and result', async () => {
    const { base, seen } = await serve(ended(delta('hm', 'reasoning'), delta('Hel'), delta('lo')))
    const run = createClient(base, { host }).open(ID)
    let text = ''
    for await (const part of run.text()) text += part
    expect(text).toBe('Hello')
    expect(await run.result).toEqual(SNAPSHOT)
    expect(await run.result).toBe(await run.result)
    expect(seen.map(({ headers }) => headers.accept)).toEqual(['text/event-stream', 'application/json'])
  })

  test('the result of a run that goes on waits for its end', async () => {
    const { base } = await serve((_seen, response, nth) => {
      if (nth === 1) events(response, START, END)
      else json(response, 200, nth === 0 ? { ...SNAPSHOT, status: 'running' } : SNAPSHOT)
    })
    expect(await createClient(base, { host }).open(ID).result).toEqual(SNAPSHOT)
  })

  test('a result that could not be had can be asked for again', async () => {
    const { base } = await serve((_seen, response, nth) =>
      nth === 0 ? json(response, 401, {}) : json(response, 200, SNAPSHOT),
    )
    const run = createClient(base, { host }).open(ID)
    await expect(run.result).rejects.toMatchObject({ code: 'unauthorized' })
    expect(await run.result).toEqual(SNAPSHOT)
  })

  test('a result that nobody awaits ends no process', async () => {
    const unhandled: unknown[] = []
    const listener = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listener)
    onTestFinished(() => void process.off('unhandledRejection', listener))
    const { base, seen } = await serve((_seen, response) => json(response, 401, {}))
    const run = createClient(base, { host }).open(ID)
    void run.result
    await vi.waitUntil(() => seen.length === 1)
    await expect(run.snapshot()).rejects.toMatchObject({ code: 'unauthorized' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  })

  test('text that was given out cannot be taken back; follow shows the new attempt', async () => {
    const anew = { type: 'attempt', n: 2 }
    const { base } = await serve(({ headers }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const list = [START, delta('a'), anew, delta('b'), END].map(
        (event, i) => `id: 0123abcd-${String(i + 1)}\ndata: ${JSON.stringify(event)}\n\n`,
      )
      const after = Number(/-(\d+)$/.exec(String(headers['last-event-id'] ?? '-0'))?.[1])
      // Two entries to a connection, so that they come apart.
      response.end(list.slice(after, after + 2).join(''))
    })
    const run = createClient(base, { host }).open(ID)
    const text = run.text()
    expect(await text.next()).toEqual({ done: false, value: 'a' })
    await expect(text.next()).rejects.toMatchObject({ code: 'reset' })
    const types: string[] = []
    for await (const entry of run.follow()) types.push(entry.type)
    expect(types).toEqual(['start', 'delta', 'attempt', 'delta', 'end'])
  })

  test('text that came together with the new attempt is forgotten', async () => {
    const { base } = await serve(ended(delta('a'), { type: 'attempt', n: 2 }, delta('b')))
    const parts: string[] = []
    for await (const part of createClient(base, { host }).open(ID).text()) parts.push(part)
    expect(parts).toEqual(['b'])
  })

  test('cancel is repeated until it is heard, as one signal', async () => {
    const { base, seen } = await serve((_seen, response, nth) =>
      nth === 0 ? response.destroy() : json(response, 200, { id: ID, status: 'cancelled' }),
    )
    expect(await createClient(base, { host }).open(ID).cancel()).toBe('cancelled')
    expect(seen).toHaveLength(2)
    expect(seen[0]?.body).toBe(seen[1]?.body)
    expect(seen[1]).toMatchObject({ method: 'POST', path: `/runs/${ID}/signals` })
    expect(JSON.parse(seen[1]?.body ?? '')).toMatchObject({ type: 'cancel' })
  })

  test('connection and its listeners', async () => {
    const { base } = await serve(ended(delta('a')))
    const run = createClient(base, { host }).open(ID)
    expect(run.connection).toBe('idle')
    const heard: string[] = []
    const stop = run.onConnection((status) => heard.push(status))
    for await (const _ of run.follow());
    expect(run.connection).toBe('ended')
    stop()
    for await (const _ of run.follow());
    expect(heard).toEqual(['connecting', 'live', 'ended'])
  })

  test.each(['', 'x', '../../etc/passwd', `${ID}x`, `${ID}.`, `${ID}.${ID}.${ID}`])('%j is no id', (id) => {
    expect(() => createClient('http://localhost/').open(id)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  test('a run in a group is opened by its whole id', () => {
    expect(createClient('http://localhost/').open(`${ID}.${ID}`).id).toBe(`${ID}.${ID}`)
  })
})

test('list asks for what it was asked', async () => {
  const page = { runs: [{ ...STARTED, title: 't', createdAt: 1, endedAt: null }], next: 'n' }
  const { base, seen } = await serve((_seen, response) => json(response, 200, page))
  expect(await createClient(base, { host }).list({ limit: 5, kind: 'a&b', before: 'x' })).toEqual(page)
  expect(seen[0]?.path).toBe('/runs?limit=5&kind=a%26b&before=x')
  await createClient(base, { host }).list({ limit: 5, kind: undefined })
  expect(seen[1]?.path).toBe('/runs?limit=5')
})

describe('what requests carry', () => {
  test("headers are asked for anew each time, and do not replace the protocol's", async () => {
    let token = 0
    const headers = (): Promise<Record<string, string>> =>
      Promise.resolve({ authorization: `t${String(++token)}`, accept: 'text/html' })
    const { base, seen } = await serve((_seen, response, nth) =>
      nth === 0 ? response.destroy() : json(response, 200, SNAPSHOT),
    )
    await createClient(base, { host, headers }).open(ID).snapshot()
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['t1', 't2'])
    expect(seen[1]?.headers.accept).toBe('application/json')
  })

  const secret = { authorization: 'secret' }

  test('headers never follow a redirect to another origin', async () => {
    const other = await serve((_seen, response) => json(response, 200, SNAPSHOT))
    const { base, seen } = await serve((_seen, response) =>
      response.writeHead(307, { location: `${other.base}/runs/${ID}` }).end(),
    )
    const run = createClient(base, { host, headers: secret }).open(ID)
    await expect(run.snapshot()).rejects.toMatchObject({ code: 'invalid_response', retryable: false })
    await expect(run.follow().next()).rejects.toMatchObject({ code: 'invalid_response' })
    await expect(run.cancel()).rejects.toMatchObject({ code: 'invalid_response' })
    expect(other.seen).toHaveLength(0)
    expect(seen).toHaveLength(3)
  })

  test('they follow one within the origin, but not in a circle', async () => {
    const circle = await serve(({ path }, response) => response.writeHead(308, { location: path }).end())
    const circling = createClient(circle.base, { host, headers: secret }).open(ID).snapshot()
    await expect(circling).rejects.toMatchObject({ code: 'invalid_response' })
    expect(circle.seen).toHaveLength(5)
    const { base: moved } = await serve(({ path, headers }, response) =>
      path.startsWith('/v2')
        ? json(response, 200, { auth: headers.authorization })
        : response.writeHead(301, { location: `/v2${path}` }).end(),
    )
    expect(await createClient(moved, { host, headers: secret }).open(ID).snapshot()).toEqual({ auth: 'secret' })
  })

  test('a POST is not turned into a GET', async () => {
    const { base, seen } = await serve((_seen, response) => response.writeHead(303, { location: '/elsewhere' }).end())
    await expect(createClient(base, { host, headers: secret }).start('answer', {})).rejects.toMatchObject({
      code: 'invalid_response',
    })
    expect(seen).toHaveLength(1)
  })

  test('where a browser hides where a redirect leads, it is refused at once', async () => {
    const opaque = { type: 'opaqueredirect', status: 0, ok: false, headers: new Headers(), body: null } as Response
    const browser: Host = { ...host, fetch: () => Promise.resolve(opaque) }
    await expect(createClient('http://localhost/', { host: browser, headers: secret }).open(ID).snapshot()).rejects.toMatchObject({
      code: 'invalid_response',
    })
  })

  test('without headers of its own a request goes where it is sent', async () => {
    const other = await serve((_seen, response) => json(response, 200, SNAPSHOT))
    const { base } = await serve((_seen, response) =>
      response.writeHead(307, { location: `${other.base}/runs/${ID}` }).end(),
    )
    expect(await createClient(base, { host }).open(ID).snapshot()).toEqual(SNAPSHOT)
  })
})

describe('types', () => {
  interface App extends Typed<{
    runs: {
      answer: { input: { message: string }; result: number }
      title: { input: string; result: null }
    }
  }> {
    readonly close: () => void
  }
  const typed: Client<App> = createClient<App>('http://localhost/')
  const untyped = createClient('http://localhost/')

  test("kinds, inputs and results are the app's", () => {
    expectTypeOf(typed.start<'answer'>)
      .parameter(1)
      .toEqualTypeOf<{ message: string }>()
    expectTypeOf(typed.start<'title'>)
      .parameter(1)
      .toEqualTypeOf<string>()
    expectTypeOf(typed.start<'answer'>).returns.resolves.toEqualTypeOf<Run<number>>()
    expectTypeOf(typed.start).parameter(0).toEqualTypeOf<'answer' | 'title'>()
    expectTypeOf<Awaited<Run<number>['result']>['result']>().toEqualTypeOf<number | undefined>()
    // An id does not tell the kind.
    expectTypeOf(typed.open(ID)).toEqualTypeOf<Run>()
    expectTypeOf(typed.open<null>).returns.toEqualTypeOf<Run<null>>()
    // @ts-expect-error no such kind
    expectTypeOf(typed.start<'nothing'>).toBeFunction()
    // @ts-expect-error an app without types is a mistake
    expectTypeOf(createClient<{ close(): void }>).toBeFunction()
  })

  test('without an app, any kind and input', () => {
    expectTypeOf(untyped.start).parameter(0).toEqualTypeOf<string>()
    expectTypeOf(untyped.start).parameter(1).toEqualTypeOf<unknown>()
    expectTypeOf<Awaited<Run['result']>['result']>().toEqualTypeOf<unknown>()
  })
})

describe('a server that is none', () => {
  test('an address that is none is refused at once, when something is asked of it', async () => {
    await expect(createClient('nowhere').start('answer', {})).rejects.toThrow(TypeError)
    await expect(createClient('/').start('answer', {})).rejects.toThrow(TypeError)
  })

  test('a 204 that does not say how the run ended is no end', async () => {
    let asked = 0
    const { base } = await serve(({ headers }, response) => {
      asked += 1
      if (headers['last-event-id'] === undefined) {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(`id: 0123abcd-1\ndata: ${JSON.stringify(START)}\n\n`)
      } else if (asked < 4) response.writeHead(204).end()
      else response.writeHead(204, { 'Millrace-Status': 'completed' }).end()
    })
    const seen: unknown[] = []
    for await (const entry of createClient(base, { host }).open(ID).follow()) seen.push(entry.type)
    expect(seen).toEqual(['start'])
    expect(asked).toBe(4)
  })

  test('an answer without an end is given up, and one of odd words has a code all the same', async () => {
    const { base } = await serve(({ path }, response) => {
      response.on('error', () => undefined)
      if (path.includes('kind=odd')) {
        json(response, 404, { code: 'not_found', detail: { toString: 1 } })
        return
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(2 ** 20)));
      }
      response.on('drain', more)
      more()
    })
    const client = createClient(base, { host: { ...host, now: () => 0 } })
    await expect(client.list({ kind: 'odd' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(client.list()).rejects.toMatchObject({ code: 'too_large' })
  })
})
