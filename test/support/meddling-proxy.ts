import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a proxy does to a request: lets it through, hangs up, or says that the answer is something else. */
export type Meddling = 'pass' | 'hang up' | { readonly contentType: string }

/** A line to a server with something on it that means well. */
export interface MeddlingProxy extends AsyncDisposable {
  readonly url: string
  /** What came through it, as `GET /path?query`, in order. */
  readonly asked: readonly string[]
}

/** A proxy to `target` (`http://host:port`). @param meddle told of each request, before it is sent on */
export async function meddlingProxy(target: string, meddle: (request: IncomingMessage) => Meddling): Promise<MeddlingProxy> {
  const asked: string[] = []
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`)
    const meddling = meddle(incoming)
    if (meddling === 'hang up') {
      outgoing.destroy()
      return
    }
    const upstream = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: incoming.headers, agent: false }, (answer) => {
      const said = meddling === 'pass' ? {} : { 'content-type': meddling.contentType }
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...said })
      answer.pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
