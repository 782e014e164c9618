import { anyone, createMillrace } from 'millrace'
import { serve } from 'millrace/node'
import { createOperations } from 'millrace/operations'
import { sqlite } from 'millrace/sqlite'
import { report } from './report.mjs'

// The same kinds on the same store, and no server: it takes what is queued, four at a time, and what other workers lost.
const millrace = createMillrace({
  store: sqlite(process.env.LOG ?? 'log.db'), authenticate: anyone,
  runs: { report: { ...report, concurrency: 4 } },
  lease: Number(process.env.LEASE ?? 10_000),
})
// Where whoever started it can ask how it is: /health, /ready.
const { url, close } = await serve(createOperations(millrace), { port: Number(process.env.PORT ?? 9090) })
process.once('SIGTERM', () => void millrace.close().then(close))
console.log(`The worker is ready at ${url}`)
