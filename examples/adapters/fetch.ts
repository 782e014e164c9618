import type { FetchHandler } from 'millrace/node'

/** As a bare handler: Bun, Deno, Cloudflare Workers, srvx and others take just this. */
export function fetchHandler(millrace: Required<FetchHandler>): FetchHandler {
  return {
    fetch: (request) => {
      if (millrace.serves(request)) return millrace.fetch(request)
      const isHello = new URL(request.url).pathname === '/hello'
      return new Response(isHello ? 'hello from the host' : 'nothing here', { status: isHello ? 200 : 404 })
    },
  }
}
