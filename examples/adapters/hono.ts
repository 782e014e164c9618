import { Hono } from 'hono'
import type { FetchHandler } from 'millrace/node'

/** As middleware, on whatever Hono runs on. On Node, `toNodeHandler(app)` serves its streams without a Web stream between. */
export function honoApp(millrace: Required<FetchHandler>): Hono {
  const app = new Hono()
  app.use((context, next) => (millrace.serves(context.req.raw) ? Promise.resolve(millrace.fetch(context.req.raw)) : next()))
  app.get('/hello', (context) => context.text('hello from the host'))
  return app
}
