// The limit of Postgres: one INSERT an entry, without a fence, a wake-up or a retry that is recognised.
import pg from 'pg'
import { BYTES, batch, contend, drive } from './contender.mjs'

/** As many connections as the store's own pool has. */
const CONNECTIONS = 10
const clients = await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
  const client = new pg.Client({ connectionString: process.env.MILLRACE_BENCH_POSTGRES, pipeline: true })
  await client.connect()
  return client
}))
const entry = Buffer.from(new TextDecoder().decode(BYTES).split('\n', 1)[0])
contend(await drive(async (run) => () =>
  Promise.all(Array.from({ length: batch }, () => clients[run % CONNECTIONS].query('INSERT INTO raw (run, entry) VALUES ($1, $2)', [run, entry])))))
