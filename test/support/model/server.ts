import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json } from '../../../packages/millrace/src/index.ts'

/** One question put to a {@link ModelServer}. */
export interface Asked {
  readonly path: string
  readonly body: Readonly<Record<string, Json>>
  readonly headers: IncomingMessage['headers']
  readonly response: ServerResponse
  /** Its connection is gone, or the answer is out. */
  readonly closed: Promise<void>
}

/** How a question is answered: on `response`, as the vendor would. */
export type Answer = (asked: Asked) => void | Promise<void>

/** A real server for models' clients to talk to. It answers as the test says, the last answer over and over. */
export interface ModelServer extends AsyncDisposable {
  readonly url: string
  readonly asked: readonly Asked[]
  answers: readonly Answer[]
}

export async function startModelServer(...answers: readonly Answer[]): Promise<ModelServer> {
  const asked: Asked[] = []
  const http = createServer((request, response) => {
    const closed = new Promise<void>((resolve) => response.once('close', resolve))
    void bodyOf(request).then((body) => {
      const one = { path: request.url ?? '', body, headers: request.headers, response, closed }
      asked.push(one)
      const answer = server.answers[asked.length - 1] ?? server.answers.at(-1)
      return answer?.(one)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: ModelServer = {
    url: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`,
    asked,
    answers,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, Json>>> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text) as Readonly<Record<string, Json>>
}

/** Answers follow one another on one response: the first of them opens the stream. */
function begin(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/event-stream' })
}

/** An answer of events, and its end. */
export function streaming(...events: readonly string[]): Answer {
  return ({ response }) => {
    begin(response)
    response.end(events.join(''))
  }
}

/** The same, cut off after the last event: the body never ends. */
export function cut(...events: readonly string[]): Answer {
  return ({ response }) => {
    begin(response)
    response.write(events.join(''), () => response.destroy())
  }
}

/** The same, with nothing after it: neither more nor an end. */
export function hanging(...events: readonly string[]): Answer {
  return ({ response }) => {
    begin(response)
    response.write(events.join(''))
  }
}

/** The same event over and over, as fast as it is taken, until the connection is gone. */
export function endless(...events: readonly string[]): Answer {
  return async (asked) => {
    const { response } = asked
    begin(response)
    while (!response.destroyed) {
      if (!response.write(events.join(''))) await Promise.race([new Promise((resolve) => response.once('drain', resolve)), asked.closed])
    }
  }
}

export function refusing(status: number, body: Json, headers: Readonly<Record<string, string>> = {}): Answer {
  return ({ response }) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}
