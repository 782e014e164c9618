import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { toNodeHandler, type FetchHandler } from 'millrace/node'
import { serve } from 'srvx'
import { expressApp } from '../../examples/adapters/express.ts'
import { fastifyApp } from '../../examples/adapters/fastify.ts'
import { fetchHandler } from '../../examples/adapters/fetch.ts'
import { honoApp } from '../../examples/adapters/hono.ts'
import { nodeHttp } from '../../examples/adapters/node-http.ts'

/** A host with Millrace in it, listening. */
export interface Host {
  readonly url: string
  close(): Promise<void>
}

export const hosts: Readonly<Record<string, (millrace: Required<FetchHandler>) => Promise<Host>>> = {
  'node:http': (millrace) => listening(nodeHttp(millrace)),
  'Express 5': (millrace) => listening(createServer(expressApp(millrace))),
  'Fastify 5': async (millrace) => {
    const fastify = fastifyApp(millrace)
    await fastify.ready()
    return { ...(await listening(fastify.server)), close: async () => {
      fastify.server.closeAllConnections()
      await fastify.close()
    } }
  },
  'Hono on @hono/node-server': (millrace) => listening(createAdaptorServer({ fetch: honoApp(millrace).fetch }) as Server),
  'Hono on toNodeHandler': (millrace) => listening(createServer(toNodeHandler(honoApp(millrace)))),
  'a fetch handler on toNodeHandler': (millrace) => listening(createServer(toNodeHandler(fetchHandler(millrace)))),
  'a fetch handler on srvx': async (millrace) => {
    const server = serve({ fetch: fetchHandler(millrace).fetch, port: 0, hostname: '127.0.0.1', silent: true })
    await server.ready()
    return { url: server.url!.replace(/\/$/, ''), close: () => server.close(true) }
  },
}

export async function listening(server: Server): Promise<Host> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
