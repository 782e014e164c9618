import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { chunk, PublicError, type Json } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { posting, testApp, type TestApp } from '../support/app.ts'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { Script } from '../support/script.ts'
import { TestSocket } from '../support/web-socket.ts'

/** A chunk as its readers declare it. */
interface Chunk {
  readonly content?: string
  readonly sources?: readonly { readonly title: string; readonly relevanceScore?: number; readonly contentExcerpt?: string }[]
  readonly isComplete: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What a page shows, by the plainest of readers: words are added, sources collected, an error or the end ends it. */
class Shown {
  text = ''
  sources: string[] = []
  how: string | null = null

  take({ content, sources = [], isComplete, error }: Chunk): void {
    expect(this.how).toBeNull()
    this.text += content ?? ''
    this.sources.push(...sources.map(({ title, relevanceScore, contentExcerpt }) => `${title} ${String(relevanceScore)} ${String(contentExcerpt)}`))
    this.how = error ? `${error.code}: ${error.message}` : isComplete ? 'complete' : null
  }
}

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  server = testApp({ runs: { answer: script.kind }, routes: { '/api/chat': { kind: 'answer', dialect: chunk, input: (body: Json): Json => body } }, authenticate: () => 'ada' })
  served = await serve(server.app, { port: 0 })
})

afterEach(async () => {
  await server.app.close()
  await served.close()
})

const QUESTION = { query: 'Why?', stream: true }
const SOURCE = { type: 'source', title: 'A doc', url: '/a', relevance: 0.5, excerpt: 'because' } as const

function sayEverything(): void {
  script.say({ type: 'status', status: 'thinking' }, { type: 'delta', kind: 'reasoning', text: 'Hm.' }, SOURCE)
  script.say('Be', 'cause 🌍\u2028\r\n\0.', { type: 'usage', usage: { output: 9 } })
  script.say({ type: 'delta', kind: 'tool_call', text: '{}' })
  script.end()
}

/** Reads `data:` lines or lines of JSON, wherever the pieces were cut. */
async function read(url: string, accept: string, headers: Readonly<Record<string, string>> = {}): Promise<Shown> {
  const shown = new Shown()
  const response = await fetch(`${url}/api/chat`, posting(QUESTION, { Accept: accept, ...headers }))
  let rest = ''
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const json = accept === 'text/event-stream' ? /^data: (.*)$/s.exec(line)?.[1] : line
      if (json !== undefined && json !== '') shown.take(JSON.parse(json) as Chunk)
    }
  }
  return shown
}

const FORMATS = ['text/event-stream', 'application/x-ndjson']
const WHOLE = { text: 'Because 🌍\u2028\r\n\0.', sources: ['A doc 0.5 because'], how: 'complete' }

describe('twenty lines of fetch', () => {
  test.each(FORMATS)('text and sources, as %s', async (format) => {
    sayEverything()
    expect(await read(served.url, format)).toEqual(WHOLE)
  })

  test.each(FORMATS)('a failure and a cancel, as %s', async (format) => {
    script.say('so far', SOURCE)
    const reading = read(served.url, format)
    const run = await vi.waitUntil(async () => ((await (await server.ask('/runs')).json()) as { runs: { id: string }[] }).runs[0]?.id)
    await vi.waitUntil(async () => (await (await server.ask(`/runs/${run}`)).text()).includes('because'))
    await server.ask(`/runs/${run}`, { method: 'DELETE' })
    expect(await reading).toEqual({ text: 'so far', sources: ['A doc 0.5 because'], how: 'cancelled: The run was cancelled.' })
    script.fail(new PublicError('no_model', 'The model is not there.'))
    expect(await read(served.url, format)).toEqual({ text: 'so far', sources: ['A doc 0.5 because'], how: 'no_model: The model is not there.' })
  })

  test.each(FORMATS)('cut at every frame: an error, and never complete, as %s', async (format) => {
    sayEverything()
    await using proxy = await cuttingProxy(served.url)
    const key = { 'Idempotency-Key': 'mine' }
    expect(await read(proxy.url, format, key)).toEqual(WHOLE)
    let answered: Shown | null = null
    let cuts = 0
    for (; answered === null; cuts += 1) {
      proxy.cut({ frames: cuts })
      answered = await read(proxy.url, format, key).catch(() => null)
    }
    expect(cuts).toBeGreaterThan(8)
    expect(answered).toEqual(WHOLE)
    expect(script.starts).toBe(1)
  })

  test('cut after every line and read on by the newest cursor', async () => {
    sayEverything()
    const ask = async (after: Readonly<Record<string, string>>): Promise<string[]> => {
      const headers = { Accept: 'application/x-ndjson', 'Idempotency-Key': 'mine', ...after }
      return (await (await fetch(`${served.url}/api/chat`, posting(QUESTION, headers))).text()).split('\n').filter((line) => line !== '')
    }
    const whole = await ask({})
    for (const [at, line] of whole.entries()) {
      const shown = new Shown()
      const rest = await ask({ 'Last-Event-ID': (JSON.parse(line) as { readonly cursor: string }).cursor })
      for (const one of [...whole.slice(0, at + 1), ...rest]) shown.take(JSON.parse(one) as Chunk)
      expect(shown).toEqual(WHOLE)
    }
    expect(script.starts).toBe(1)
  })

  test('the whole in one piece, and a refusal', async () => {
    sayEverything()
    const whole = await fetch(`${served.url}/api/chat`, posting({ query: 'Why?' }, { Accept: 'application/json' }))
    expect([whole.status, await whole.json()]).toMatchObject([200, {
      messageContent: WHOLE.text, sources: [{ title: 'A doc', url: '/a', relevanceScore: 0.5, contentExcerpt: 'because' }], isComplete: true,
    }])
    const refused = await fetch(`${served.url}/api/chat`, posting({}, { 'Idempotency-Key': 'a b' }))
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'invalid_request' }, isComplete: false }])
  })
})

describe('a WebSocket', () => {
  test('text and sources, started and followed', async () => {
    sayEverything()
    await using socket = await TestSocket.open(served.url)
    await socket.told('ready')
    socket.say({ type: 'start', ref: 'a', kind: 'answer', input: QUESTION, follow: true, dialect: 'chunk' })
    await socket.told('end', 'a')
    const shown = new Shown()
    for (const { data } of socket.frames('a')) shown.take(data as unknown as Chunk)
    expect(shown).toEqual(WHOLE)
  })
})
