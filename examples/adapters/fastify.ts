import fastify, { type FastifyInstance } from 'fastify'
import { toNodeHandler, type FetchHandler } from 'millrace/node'

/** As a hook: `onRequest` comes before Fastify reads a body, and also for paths it has no route for. */
export function fastifyApp(millrace: FetchHandler): FastifyInstance {
  const app = fastify()
  const handle = toNodeHandler(millrace)
  app.addHook('onRequest', (request, reply, done) => handle(request.raw, reply.raw, done))
  app.get('/hello', () => 'hello from the host')
  return app
}
