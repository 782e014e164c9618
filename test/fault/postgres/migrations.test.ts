import pg from 'pg'
import { expect, test } from 'vitest'
import { migratePostgres } from '../../../packages/millrace/src/store/postgres/migrate.ts'
import { postgres } from '../../../packages/millrace/src/store/postgres/store.ts'
import { expectLog, idPart, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import { ask, startPostgres } from '../../support/postgres-server.ts'
import { until } from '../../support/run/faulty.ts'

const quietly = { warn: () => undefined }

test('twenty that start at once on an empty database migrate it once, also through a pooler', { timeout: 60_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  await using pooler = await startPgbouncer(engine('pgbouncer', context), server)
  const stores = Array.from({ length: 20 }, (_, i) => postgres(i % 2 === 0 ? server.url : pooler.url, quietly))
  const id = idPart()
  expect(await Promise.all(stores.map((store) => store.find(id)))).toEqual(stores.map(() => null))
  expect(await ask(server.url, 'SELECT version FROM millrace.migrations')).toEqual([{ version: 1 }])
  await Promise.all(stores.map((store) => store.close()))
})

test('who waited while another process made the schema goes on with it', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const holder = new pg.Client({ connectionString: server.url })
  await holder.connect()
  await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('millrace millrace', 0))`)
  const migrated = migratePostgres(server.url)
  await until(async () => (await ask(server.url, `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).length > 0, 'it waits')
  await holder.query('CREATE SCHEMA millrace; COMMIT')
  await migrated
  expect(await ask(server.url, 'SELECT version FROM millrace.migrations')).toEqual([{ version: 1 }])
  await holder.end()
})

test.for(['a URL', 'a pool'] as const)('a server that is killed while one of %s waits to migrate fails that call, and not the process', { timeout: 30_000 }, async (by, context) => {
  await using server = await startPostgres(engine('postgres', context))
  const holder = new pg.Client({ connectionString: server.url }).on('error', () => undefined)
  await holder.connect()
  await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('millrace millrace', 0))`)
  const pool = new pg.Pool({ connectionString: server.url }).on('error', () => undefined)
  const fails = expect(migratePostgres(by === 'a URL' ? server.url : pool)).rejects.toMatchObject({ code: 'store_busy' })
  await until(async () => (await ask(server.url, `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).length > 0, 'it waits')
  await server.kill()
  // Had the connection's event no listener, this process would have ended of it.
  await fails
  await Promise.all([pool.end(), holder.end().catch(() => undefined)])
})

test('told not to migrate, a store says what is needed, changes nothing, and works once it is done', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  const store = postgres(server.url, { ...quietly, migrate: false })
  await expect(store.find(idPart())).rejects.toMatchObject({
    code: 'store_failed', message: expect.stringMatching(/^Migration needed.*version 0.*needs 1.*migratePostgres/) as string,
  })
  expect(await ask(server.url, `SELECT to_regnamespace('millrace') AS found`)).toEqual([{ found: null }])
  await migratePostgres(server.url)
  await migratePostgres(server.url)
  const { run, lease } = await start(store)
  await store.append(run, lease, says(1, 'a'))
  await expectLog(store, run, ['a'], 'the log')
  await store.close()
})

test('a schema that a newer Millrace made is refused, and left as it is', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  await migratePostgres(server.url)
  await ask(server.url, 'INSERT INTO millrace.migrations (version) VALUES (99)')
  const store = postgres(server.url, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: expect.stringMatching(/newer Millrace.*99.*update/) as string })
  await store.close()
})

test('a schema that another program uses is refused, and left as it is', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  await ask(server.url, 'CREATE SCHEMA millrace; CREATE TABLE millrace.runs (mine int)')
  const store = postgres(server.url, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('`schema`') as string })
  expect(await ask(server.url, `SELECT tablename FROM pg_tables WHERE schemaname = 'millrace'`)).toEqual([{ tablename: 'runs' }])
  await store.close()
})

test('a user who may only use what was migrated is enough; one who may not is told what to grant', { timeout: 30_000 }, async (context) => {
  await using server = await startPostgres(engine('postgres', context))
  await ask(server.url, 'CREATE USER app')
  const url = server.url.replace('//postgres@', '//app@')
  const store = postgres(url, quietly)
  const refused = { code: 'store_failed', message: expect.stringMatching(/may not do.*GRANT/) as string }
  await expect(store.find(idPart()), 'to migrate').rejects.toMatchObject(refused)
  const pool = new pg.Pool({ connectionString: server.url })
  await migratePostgres(pool)
  await pool.end()
  await expect(store.find(idPart()), 'to use').rejects.toMatchObject(refused)
  await ask(server.url, 'GRANT USAGE ON SCHEMA millrace TO app; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA millrace TO app')
  const { run, lease } = await start(store)
  await store.append(run, lease, says(1, 'a'))
  await expectLog(store, run, ['a'], 'the log')
  await store.close()
})
