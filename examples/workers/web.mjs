import { anyone, createMillrace } from 'millrace'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'
import { report } from './report.mjs'

// Starts runs and streams them to whoever reads. The work is done in another process: `node worker.mjs`.
const millrace = createMillrace({
  store: sqlite(process.env.LOG ?? 'log.db'), authenticate: anyone,
  runs: { report: { ...report, concurrency: 0 } },
})
const { url } = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
console.log(`The web server is ready at ${url}`)
