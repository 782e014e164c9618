import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  connect as connectHttp2, createServer as createHttp2Server, type ClientHttp2Session, type ClientHttp2Stream, type Http2Server,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { posting, testApp } from '../../../../../test/support/app.ts'
import { anyone } from '../../server/authenticate.ts'
import { toNodeHandler } from './handler.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const close of closing.splice(0)) await close() })

type Listener = ReturnType<typeof toNodeHandler>

const runs = {
  echo: {
    async *run({ input }: { readonly input: unknown }): AsyncGenerator<string> {
      yield JSON.stringify(input)
    },
  },
  silent: {
    run: ({ signal }: { readonly signal: AbortSignal }): Promise<void> => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  },
}

test('a body is read also where something before it has paused the message', async () => {
  const { app } = testApp({ runs, authenticate: anyone })
  const listener = toNodeHandler(app)
  const server = createServer((message: IncomingMessage, to: ServerResponse) => {
    message.pause()
    setImmediate(() => listener(message, to))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()), () => app.close())
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${String(port)}/runs/echo`, posting({ a: 1 }, { Accept: 'text/event-stream' }))
  expect(await response.text()).toContain('"completed"')
})

/** A server of HTTP/2, and a client that may be rude to it. */
async function overHttp2(listener: Listener): Promise<{ readonly server: Http2Server; readonly client: ClientHttp2Session }> {
  const server = createHttp2Server()
  server.on('request', (...asked: unknown[]) => void Reflect.apply(listener, null, asked))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connectHttp2(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  closing.push(async () => {
    client.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return { server, client }
}

const leaving: readonly [string, (stream: ClientHttp2Stream) => void][] = [
  // To close it would end its body first.
  ['reset its stream', (stream) => stream.destroy()],
  ['went away', (stream) => stream.session?.destroy()],
]

describe.each(leaving)('a client of HTTP/2 that %s', (_name, leave) => {
  test.each(['the app', 'a handler around it'])('in the middle of a form has started nothing: %s', async (asked) => {
    const { app, store, logged } = testApp({ runs, authenticate: anyone })
    closing.push(() => app.close())
    const created = vi.spyOn(store, 'create')
    const answers: Promise<Response>[] = []
    const fetch = (request: Request): Promise<Response> => {
      answers.push(app.fetch(request))
      return answers[0]!
    }
    const { server, client } = await overHttp2(toNodeHandler(asked === 'the app' ? app : { fetch }))
    const ended = new Promise<void>((resolve) => {
      server.once('request', (message) => message.once('data', () => leave(stream)).once('end', resolve))
    })
    const stream = client.request({ ':method': 'POST', ':path': '/runs/echo', 'content-type': 'application/x-www-form-urlencoded' })
    stream.on('error', () => undefined).write('prompt=half+of+it')
    await ended
    await Promise.allSettled(answers)
    await new Promise((resolve) => setImmediate(resolve))
    expect(created).not.toHaveBeenCalled()
    expect(logged).toEqual([])
  })

  test('before the handler was asked is not read to', async () => {
    const readers: string[] = []
    const { app } = testApp({ runs, authenticate: anyone, observe: ({ type }) => readers.push(type) })
    const { id } = await app.start('silent', null, { principal: 'anyone' })
    closing.push(() => app.close())
    const listener = toNodeHandler(app)
    const asked = new Promise<void>((resolve) => {
      void overHttp2((message, to) => {
        message.once('close', () => {
          listener(message, to)
          resolve()
        })
        leave(stream)
      }).then(({ client }) => {
        stream = client.request({ ':path': `/runs/${id}`, 'accept': 'text/event-stream' }).on('error', () => undefined)
      })
    })
    let stream: ClientHttp2Stream
    await asked
    await vi.waitUntil(() => readers.includes('reader_left'))
    expect(readers.filter((type) => type.startsWith('reader_'))).toEqual(['reader_came', 'reader_left'])
  })
})
