import { Queue, Worker } from 'bullmq'
import { anyone, createMillrace } from 'millrace'
import { serve } from 'millrace/node'
import { redis } from 'millrace/redis'
import { report } from './report.mjs'

// BullMQ says who works on what, and when again; Millrace keeps what is said. `node jobs.mjs web`, and `node jobs.mjs worker` as often as you like.
const url = process.env.REDIS ?? 'redis://127.0.0.1:6379'
const lease = Number(process.env.LEASE ?? 10_000)
const millrace = createMillrace({ store: redis(url), runs: { report: { ...report, concurrency: 0 } }, authenticate: anyone, lease })

if (process.argv[2] === 'worker') {
  // A job whose worker was killed is given to another one, which waits for the lease that the dead one held.
  const work = async ({ data }) => {
    if (!(await millrace.work(data.run))) throw new Error('Somebody else holds the run, or it has its end.')
  }
  new Worker('reports', work, { connection: { url }, lockDuration: lease, stalledInterval: lease })
  console.log('The worker is ready at work')
} else {
  const reports = new Queue('reports', { connection: { url } })
  const startReport = async (request) => {
    const key = request.headers.get('Idempotency-Key') ?? crypto.randomUUID()
    const run = await millrace.start('report', await request.json(), { principal: 'anyone', key })
    // The same id is the same job: who asks again with the same key makes neither a second run nor a second job.
    await reports.add('report', { run: run.id }, { jobId: run.id, attempts: 20, backoff: { type: 'fixed', delay: lease } })
    return Response.json({ id: run.id }, { status: 202 })
  }
  const fetch = (request) => (new URL(request.url).pathname === '/reports' ? startReport(request) : millrace.fetch(request))
  const server = await serve({ fetch }, { port: Number(process.env.PORT ?? 8787) })
  console.log(`The web server is ready at ${server.url}`)
}
