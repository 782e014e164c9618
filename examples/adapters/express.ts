import express, { type Express } from 'express'
import { toNodeHandler, type FetchHandler } from 'millrace/node'

/** As middleware: what Millrace does not serve goes on to the next one. Best put before body parsers. */
export function expressApp(millrace: FetchHandler): Express {
  const app = express()
  app.use(toNodeHandler(millrace))
  app.use(express.json())
  app.get('/hello', (_request, response) => {
    response.send('hello from the host')
  })
  return app
}
