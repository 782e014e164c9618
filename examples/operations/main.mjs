import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { serve } from 'millrace/node'
import { createMetrics, createOperations } from 'millrace/operations'
import client from 'prom-client'

const answer = defineRun({
  async *run() {
    yield 'Hello there!'
  },
})
const millrace = createMillrace({
  store: memory(), runs: { answer }, authenticate: anyone, drain: 5_000,
  observe: createMetrics(client),
})
const server = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
const operations = await serve(createOperations(millrace, { metrics: client.register }), { port: Number(process.env.OPERATIONS_PORT ?? 9090) })
process.once('SIGTERM', async () => {
  await millrace.close()
  await Promise.all([server.close(), operations.close()])
})
console.log(`How it is: ${operations.url}/ready`)
console.log(`The server is ready at ${server.url}`)
