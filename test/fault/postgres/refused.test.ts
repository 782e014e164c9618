import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { postgres } from '../../../packages/millrace/src/store/postgres/store.ts'
import { createOptions, expectLog, idPart, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { freePort } from '../../support/free-port.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import { ask, startPostgres } from '../../support/postgres-server.ts'

const quietly = { warn: () => undefined }

test('what is no URL of Postgres is refused at once, also for wake-ups, and a password in it is not repeated', () => {
  for (const url of ['localhost:5432', 'http://:secret@localhost', '']) {
    for (const make of [() => postgres(url), () => postgres('postgres://localhost', { listen: url })]) {
      expect(make).toThrow(expect.objectContaining({ code: 'store_failed' }) as Error)
      expect(make).toThrow(/postgres:\/\/USER/)
      expect(make).not.toThrow(/secret/)
    }
  }
})

test('a schema whose name would need quoting is refused at once', () => {
  for (const schema of ['', 'Mixed', '1st', 'a b', 'x"; DROP TABLE runs; --', 'x'.repeat(41)]) {
    expect(() => postgres('postgres://localhost', { schema })).toThrow(expect.objectContaining({ code: 'store_failed' }) as Error)
  }
})

test('a server that is not there is store_busy, which may be tried again, and works once it is there', { timeout: 30_000 }, async (context) => {
  const program = engine('postgres', context)
  const port = await freePort()
  const store = postgres(`postgres://postgres@127.0.0.1:${String(port)}/postgres`, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({
    code: 'store_busy', retryable: true, message: expect.stringContaining('ECONNREFUSED') as string,
  })
  await using server = await startPostgres(program, { port })
  expect(await store.find(idPart())).toBeNull()
  await server.kill()
  // A process of the server's that has not seen yet that the first is gone may answer once more.
  await vi.waitFor(() => expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_busy', retryable: true }), { timeout: 10_000 })
  await store.close()
})

test('what a URL says wrongly has one line each, which says what to do and no password', { timeout: 60_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context), { password: 'right' })
  const at = `127.0.0.1:${String(server.port)}`
  const cases = [
    [`postgres://postgres@${at}/postgres`, /wants a password/],
    [`postgres://postgres:wrong@${at}/postgres`, /refuses this user and password/],
    [`postgres://nobody:wrong@${at}/postgres`, /refuses this user and password/],
    [`postgres://postgres:right@${at}/nothing`, /no such database/],
  ] as const
  for (const [url, message] of cases) {
    const store = postgres(url, quietly)
    const error: unknown = await store.find(idPart()).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'store_failed', retryable: false, message: expect.stringMatching(message) as string })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/wrong|right/)
    await store.close()
  }
  const store = postgres(`postgres://postgres:right@${at}/postgres`, quietly)
  expect(await store.find(idPart())).toBeNull()
  await store.close()
})

test('a pool that was ended says so, and what is no pool is refused at once', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const pool = new pg.Pool({ connectionString: server.url })
  const store = postgres(pool, quietly)
  expect(await store.find(idPart())).toBeNull()
  await pool.end()
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: expect.stringMatching(/pool.*was ended: hand/) as string })
  await store.close()
  for (const none of [new pg.Client(), {}, null, undefined]) expect(() => postgres(none as never)).toThrow(/a `Pool` of the package `pg`: this is neither/)
})

test('a pool without a password says that one is wanted; one that nobody answers does not', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context), { password: 'right' })
  const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' })
  const store = postgres(pool, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: expect.stringMatching(/wants a password/) as string })
  await server.kill()
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_busy' })
  await store.close()
  await pool.end()
})

test('a server that has no connection left is store_busy', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context), { settings: { max_connections: '5', superuser_reserved_connections: '0' } })
  const clients = Array.from({ length: 5 }, () => new pg.Client({ connectionString: server.url }))
  await Promise.all(clients.map((client) => client.connect()))
  const store = postgres(server.url, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_busy', message: expect.stringContaining('53300') as string })
  await Promise.all(clients.map((client) => client.end()))
  expect(await store.find(idPart())).toBeNull()
  await store.close()
})

test('a connection that an operator ends, and a row that is held too long, are store_busy', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const store = postgres(server.url, quietly)
  const { run, lease } = await start(store)
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query('BEGIN; SELECT * FROM millrace.runs FOR UPDATE')
  await expect(store.append(run, lease, says(1, 'a'))).rejects.toMatchObject({ code: 'store_busy', message: expect.stringContaining('55P03') as string })
  // Nor does what was given up wait on in the server.
  expect(await ask(server.url, `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).toEqual([])
  const held = store.append(run, lease, says(1, 'a'))
  const refused = expect(held).rejects.toMatchObject({ code: 'store_busy' })
  await expect.poll(() => ask(server.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%append_run%' AND wait_event_type = 'Lock'`))
    .not.toEqual([])
  await refused
  await client.query('COMMIT')
  await client.end()
  expect((await store.append(run, lease, says(1, 'a'))).tail).toBe(2)
  await expectLog(store, run, ['a'], 'the log')
  await store.close()
})

test('a server that may lose what it acknowledged warns; one that keeps it does not', { timeout: 60_000 }, async (context) => {
  const program = engine('postgres', context)
  const warnings = async (settings: Readonly<Record<string, string>>): Promise<string> => {
    await using server = await startPostgres(program, { settings })
    const said: string[] = []
    const store = postgres(server.url, { warn: (message) => said.push(message) })
    await store.find(idPart())
    await store.close()
    return said.join('\n')
  }
  expect(await warnings({ fsync: 'on' })).toBe('')
  expect(await warnings({ fsync: 'on', synchronous_commit: 'off' })).toMatch(/synchronous_commit/)
  expect(await warnings({ fsync: 'off' })).toMatch(/Set `fsync = on`/)
})

test('a database whose text is not UTF-8 is refused', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  await ask(server.url, `CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
  const store = postgres(server.url.replace(/postgres$/, 'latin'), quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: expect.stringMatching(/LATIN1.*UTF8/) as string })
  await store.close()
})

test('a place to listen that is none is said once, and readers poll', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const said: string[] = []
  const listen = `postgres://postgres@127.0.0.1:${String(await freePort())}/postgres`
  const store = postgres(server.url, { listen, warn: (message) => said.push(message) })
  const { run, lease } = await start(store)
  store.watch(run, () => undefined)
  await store.append(run, lease, says(1, 'a'))
  const aboutWakeUps = (): string[] => said.filter((message) => message.includes('wakes no readers'))
  await expect.poll(aboutWakeUps).toEqual([expect.stringContaining('ECONNREFUSED')])
  await store.close()
  expect(aboutWakeUps()).toHaveLength(1)
})

test('who listens through a pooler in transaction mode is told that nothing comes through; who listens past it is not', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context), { settings: { fsync: 'on' } })
  await using pooler = await startPgbouncer(engine('pgbouncer', context), server)
  const said: string[][] = [[], []]
  const stores = [{}, { listen: server.url }].map((options, i) => postgres(pooler.url, { ...options, warn: (message) => said[i]?.push(message) }))
  for (const store of stores) {
    const { run } = await start(store)
    store.watch(run, () => undefined)
  }
  await expect.poll(() => said, { timeout: 10_000 }).toEqual([[expect.stringMatching(/wakes no readers.*pooler.*`listen`/)], []])
  await Promise.all(stores.map((store) => store.close()))
})

test('a pool whose pooler refuses says what that said', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  await using pooler = await startPgbouncer(engine('pgbouncer', context), server)
  const store = postgres(pooler.url.replace(/postgres$/, 'nothing'), quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ message: expect.stringMatching(/nothing|database/) as string })
  await store.close()
})

test('one write of more than the engine holds is too_large', async () => {
  const store = postgres('postgres://127.0.0.1:1', quietly)
  const write = { after: 1, count: 1, bytes: new Uint8Array(129 * 1024 * 1024) }
  await expect(store.append(idPart(), { fence: 1, nonce: createOptions('').nonce, ttl: 1 }, write)).rejects.toMatchObject({ code: 'too_large' })
  await store.close()
})
