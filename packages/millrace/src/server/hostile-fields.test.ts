import { expect, test } from 'vitest'
import { testApp, type TestApp } from '../../../../test/support/app.ts'
import { framesIn } from '../../../../test/support/frames.ts'
import { asHtmlSays, decoded, HOSTILE } from '../../../../test/support/hostile-text.ts'
import { Log } from '../../../../test/support/log.ts'
import { messagesIn } from '../../../../test/support/page-messages.ts'
import { anthropic } from '../dialect/anthropic.ts'
import { html } from '../dialect/html.ts'
import { millrace } from '../dialect/millrace.ts'
import type { Dialect } from '../dialect/dialect.ts'
import { createOutline, type Outline } from '../event/outline.ts'
import { decodeMessage, framesMessage } from '../format/websocket.ts'
import type { Said } from '../run/said.ts'
import { encodingOf } from './negotiate.ts'

/** Half a character waits for the other half until here. */
const DONE: Said = { type: 'block_end' }

/** Every field a handler can say anything in. */
const FIELDS: Readonly<Record<string, (text: string) => readonly Said[]>> = {
  'a text': (text) => ['before ', `${text} after`],
  'a text of a kind of its own': (text) => [{ type: 'delta', kind: text, text }, DONE],
  reasoning: (text) => [{ type: 'delta', kind: 'reasoning', text }, DONE],
  'the id of a tool call': (id) => [{ type: 'block_start', kind: 'tool_call', id, name: 'search' }, { type: 'delta', text: '{}' }],
  'the name of a tool': (name) => [{ type: 'block_start', kind: 'tool_call', id: 'call_1', name }],
  'the input of a tool call': (text) => [{ type: 'block_start', kind: 'tool_call' }, { type: 'delta', text }, DONE],
  'the title of a source': (title) => ['cited', { type: 'source', title, url: '/a' }],
  'the address of a source': (url) => ['cited', { type: 'source', title: 'A', url }],
  'the excerpt of a source': (excerpt) => ['cited', { type: 'source', title: 'A', excerpt }],
  'the name of a file': (name) => [{ type: 'file', name, url: '/f' }],
  'the address of a file': (url) => [{ type: 'file', name: 'f', url }],
  'the media type of a file': (mediaType) => [{ type: 'file', name: 'f', url: '/f', mediaType }],
  'a status': (status) => [{ type: 'status', status }],
  'the message of a status': (message) => [{ type: 'status', status: 'busy', message }],
  'an item of progress': (item) => [{ type: 'progress', item, status: 'running' }],
  'the parent of an item': (parent) => [{ type: 'progress', item: 'a', parent, status: 'running' }],
  'the name of an item': (name) => [{ type: 'progress', item: 'a', name, status: 'running', done: 1, total: 2 }],
  'the message of an item': (message) => [{ type: 'progress', item: 'a', status: 'running', message }],
  'the code of an error': (code) => [{ type: 'error', error: { code, message: 'slow' } }],
  'the message of an error': (message) => [{ type: 'error', error: { code: 'slow', message } }],
  'the name of a counter': (counter) => [{ type: 'usage', usage: { [counter]: 1 } }],
  'a type of the user’s own': (type) => [{ type, n: 1 }],
  'a field of an event of the user’s own': (field) => [{ type: 'mine', [field]: 1 }],
  'a value of an event of the user’s own': (text) => [{ type: 'mine', deep: [{ text }] }],
}
/** What a run says last, too. */
const ENDS: Readonly<Record<string, (text: string) => Parameters<Log['end']>[0]>> = {
  'the reason of an end': (reason) => ({ status: 'completed', reason }),
  'the result': (text) => ({ status: 'completed', result: { [text]: text } }),
  'the code of a failure': (code) => ({ status: 'failed', error: { code, message: 'No.' } }),
  'the message of a failure': (message) => ({ status: 'failed', error: { code: 'no', message } }),
}
const NAMES = [...Object.keys(FIELDS), ...Object.keys(ENDS)]

/** Stands where the hostile text will: what is said with either differs in nothing else. */
const MARK = 'MARK'

/** The logs of a field, one for each hostile text. A type has to be readable without parsing JSON, so what JSON escapes is refused there. */
async function* hostileLogs(server: TestApp, name: string): AsyncGenerator<{ readonly text: string; readonly log: Log }> {
  for (const text of HOSTILE) {
    const readable = name !== 'a type of the user’s own' || JSON.stringify(text) === `"${text}"`
    if (readable) yield { text, log: await logWith(server, name, text) }
    else await expect(logWith(server, name, text)).rejects.toMatchObject({ name: 'MillraceError', code: 'invalid_event' })
  }
}

async function logWith({ store }: TestApp, name: string, text: string): Promise<Log> {
  const log = await Log.begin(store)
  await log.say(...(FIELDS[name]?.(text) ?? []))
  await log.end(ENDS[name]?.(text))
  return log
}

type Reader = (server: TestApp, log: Log) => Promise<string>

function over(accept: string, dialect: string, read: (bytes: Uint8Array) => string): Reader {
  return async (server, log) => {
    const response = await server.ask(`/runs/${log.run}?dialect=${dialect}`, { headers: { Accept: accept } })
    return unnamed(read(new Uint8Array(await response.arrayBuffer())), log)
  }
}

/** The messages of a WebSocket, from the very encoding that a socket is given. */
function overSocket(dialect: Dialect): Reader {
  return async ({ store }, log) => {
    const { batches } = await store.read(log.run, 0, 1e6)
    const encoding = encodingOf(dialect, 'websocket')
    let outline: Outline | null = encoding.folds ? createOutline() : null
    return unnamed(JSON.stringify(batches.map((batch) => {
      const encoded = encoding.encode(batch, 0, 0, outline)
      outline = encoded.outline
      return decodeMessage(new TextDecoder().decode(framesMessage('a', encoded.chunk.body)))
    })), log)
  }
}

/** What is every log's own, taken out. */
function unnamed(said: string, log: Log): string {
  return said.replaceAll(log.run, 'RUN').replaceAll(/"cursor":"[^"]*"/g, '"cursor":""').replaceAll(/"(?:createdAt|endedAt|updatedAt|at)":\d+/g, '"at":0')
}

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
const json = (bytes: Uint8Array): string => JSON.stringify(JSON.parse(decode(bytes)))
const markup = (bytes: Uint8Array): string => messagesIn(bytes).map(({ data }) => data).join('')

const JSON_WAYS: readonly (readonly [string, Reader])[] = [
  ...(['millrace', 'anthropic'] as const).flatMap((dialect): [string, Reader][] => [
    [`${dialect} as sse`, over('text/event-stream', dialect, (bytes) => JSON.stringify(framesIn(bytes, 'sse')))],
    [`${dialect} as ndjson`, over('application/x-ndjson', dialect, (bytes) => JSON.stringify(framesIn(bytes, 'ndjson')))],
    [`${dialect} as framed`, over('application/vnd.millrace.frames', dialect, (bytes) => JSON.stringify(framesIn(bytes, 'framed')))],
    [`${dialect} as json`, over('application/json', dialect, json)],
  ]),
  ['millrace as websocket', overSocket(millrace)],
  ['anthropic as websocket', overSocket(anthropic)],
]

test.each(JSON_WAYS)('a hostile string in any field is that string to whoever decodes it, and nothing else: %s', async (way, read) => {
  await using server = testApp()
  let carried = 0
  for (const name of NAMES) {
    const plain = await read(server, await logWith(server, name, MARK))
    if (plain.includes(MARK)) carried += 1
    for await (const { text, log } of hostileLogs(server, name)) {
      const written = JSON.stringify(text).slice(1, -1)
      expect(await read(server, log), `${name}: ${written}`).toBe(plain.replaceAll(MARK, () => written))
    }
  }
  // Of what is said to it, a dialect leaves out much; a way that said nothing would hide everything.
  expect(carried).toBeGreaterThan(way.startsWith('millrace') ? 12 : 6)
})

test.each(['text/plain', 'application/octet-stream'])('a hostile text is that text, and what is no text is not there: %s', async (accept) => {
  await using server = testApp()
  const read = over(accept, 'millrace', decode)
  // A failed run has no other form there than a body that is cut.
  for (const name of NAMES.filter((one) => !one.includes('failure'))) {
    const plain = await read(server, await logWith(server, name, MARK))
    for await (const { text, log } of hostileLogs(server, name)) {
      // UTF-8 has no half characters.
      expect(await read(server, log), name).toBe(plain.replaceAll(MARK, () => text.toWellFormed()))
    }
  }
})

const HTML_WAYS: readonly (readonly [string, Reader])[] = [
  ['html as sse', over('text/event-stream', 'html', markup)],
  ['html as websocket', async (server, log) => {
    const messages = JSON.parse(await overSocket(html)(server, log)) as { readonly frames: readonly { readonly data: string }[] }[]
    return messages.flatMap(({ frames }) => frames.map(({ data }) => data)).join('')
  }],
  ['millrace as a page', over('text/html', 'millrace', (bytes) => decode(bytes).replace('<!doctype html>', ''))],
]
const TAG = /<\/?[a-z]+(?: [a-z-]+(?:="[^"<>]*")?)*>/g

test.each(HTML_WAYS)('a hostile string in any field is words, or an address that is safe: %s', async (_way, read) => {
  await using server = testApp()
  let carried = 0
  for (const name of NAMES) {
    const plain = await read(server, await logWith(server, name, MARK))
    if (plain.includes(MARK)) carried += 1
    const isAddress = name.startsWith('the address')
    for await (const { text, log } of hostileLogs(server, name)) {
      const hostile = await read(server, log)
      const words = hostile.replaceAll(TAG, '')
      expect(words, name).not.toMatch(/[<\r\0]/)
      if (isAddress) {
        for (const [, href = ''] of hostile.matchAll(/ href="([^"]*)"/g)) expect(new URL(decoded(href), 'https://mill.example/').protocol, text).toMatch(/^https?:$/)
      } else {
        expect(hostile.match(TAG), name).toEqual(plain.match(TAG))
        expect(decoded(words).toWellFormed(), name).toBe(decoded(plain.replaceAll(TAG, '')).replaceAll(MARK, () => asHtmlSays(text).toWellFormed()))
      }
    }
  }
  expect(carried).toBeGreaterThan(6)
})
