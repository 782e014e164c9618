import { createServer, type Server } from 'node:http'
import { toNodeHandler, type FetchHandler } from 'millrace/node'

/** What Millrace does not serve goes to the third argument; without one it is answered with 404. */
export function nodeHttp(millrace: FetchHandler): Server {
  const handle = toNodeHandler(millrace)
  return createServer((request, response) => {
    handle(request, response, () => {
      response.statusCode = request.url === '/hello' ? 200 : 404
      response.end(request.url === '/hello' ? 'hello from the host' : 'nothing here')
    })
  })
}
