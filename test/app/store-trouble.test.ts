import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import { parseFlags } from '../../packages/app/src/flags.ts'
import { openStore } from '../../packages/app/src/open-store.ts'
import { engine } from '../support/engines.ts'
import { freePort } from '../support/free-port.ts'
import { startNats } from '../support/nats-server.ts'
import { ask as askPostgres, startPostgres } from '../support/postgres-server.ts'
import { ask as askRedis, startRedis } from '../support/redis-server.ts'

/** Each line as docs/stores.md shows it. */
const documented = (await readFile('docs/stores.md', 'utf8')).split('\n').filter((line) => line.startsWith('    --store ')).map((line) => line.trim())

let folder = ''
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'millrace-trouble-'))))
afterAll(() => rm(folder, { recursive: true }))

/** What `npm start -- --store …` says of a store that will not do. */
async function saidOf(store: string): Promise<string> {
  try {
    const opened = await openStore(parseFlags(['--store', store]).store)
    await opened.close()
    return 'nothing'
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'no error'
  }
}

/** One line, in the docs, without a password. @param store what is after `--store` */
async function expectDocumented(store: string): Promise<void> {
  const said = (await saidOf(store)).replaceAll(folder, 'FOLDER').replace(/127\.0\.0\.1:\d+/g, 'HOST:PORT')
  expect.soft(said).toMatch(/^FlagError: --store [^\n]+$/)
  expect.soft(said).not.toMatch(/secret/)
  expect.soft(documented).toContain(said.replace('FlagError: ', ''))
}

test('what is no store at all', () => {
  for (const store of ['mysql://ada:secret@localhost/x', 'redis:', 'nats://', 'postgres://ada:secret@:x/y']) {
    expect(() => parseFlags(['--store', store])).toThrow(/^--store takes sqlite:PATH, redis:\/\//)
    expect(() => parseFlags(['--store', store])).not.toThrow(/secret/)
  }
})

test('SQLite', async () => {
  await writeFile(join(folder, 'words.txt'), 'These are words, and no database. '.repeat(100))
  await expectDocumented(`sqlite:${folder}`)
  await expectDocumented(`sqlite:${join(folder, 'words.txt')}`)
  await expectDocumented(`sqlite:${join(folder, 'words.txt', 'log.db')}`)
  if (process.platform === 'linux') await expectDocumented('sqlite:/proc/log.db')
})

test('Redis', { timeout: 60_000 }, async (context: TestContext) => {
  await using server = await startRedis(engine('redis-server', context), { requirepass: 'right' })
  const at = `127.0.0.1:${String(server.port)}`
  await expectDocumented(`redis://${at}`)
  await expectDocumented(`redis://:secret@${at}`)
  await expectDocumented(`redis://:right@${at}/99`)
  await expectDocumented(`redis://:right@${at}/runs`)
})

test('Redis, with a user who may too little', { timeout: 60_000 }, async (context: TestContext) => {
  await using server = await startRedis(engine('redis-server', context))
  await askRedis(server.port, ['ACL', 'SETUSER', 'app', 'on', '>secret', '~other:*', '+@all'])
  await expectDocumented(`redis://app:secret@127.0.0.1:${String(server.port)}`)
})

test('Postgres', { timeout: 60_000 }, async (context: TestContext) => {
  await using server = await startPostgres(engine('postgres', context), { password: 'right' })
  const at = `127.0.0.1:${String(server.port)}`
  await expectDocumented(`postgres://postgres@${at}/postgres`)
  await expectDocumented(`postgres://postgres:secret@${at}/postgres`)
  await expectDocumented(`postgres://postgres:right@${at}/nothing`)
  await askPostgres(`postgres://postgres:right@${at}/postgres`, `CREATE ROLE app LOGIN PASSWORD 'secret'`)
  await expectDocumented(`postgres://app:secret@${at}/postgres`)
  const newer = 'CREATE SCHEMA millrace; CREATE TABLE millrace.migrations (version int); INSERT INTO millrace.migrations VALUES (99)'
  await askPostgres(`postgres://postgres:right@${at}/postgres`, newer)
  await expectDocumented(`postgres://postgres:right@${at}/postgres`)
})

test('NATS', { timeout: 60_000 }, async (context: TestContext) => {
  await using server = await startNats(engine('nats-server', context), { settings: ['authorization { user: ada, password: right }'] })
  const at = `127.0.0.1:${String(server.port)}`
  await expectDocumented(`nats://${at}`)
  await expectDocumented(`nats://ada:secret@${at}`)
  await using plain = await startNats(engine('nats-server', context), { jetstream: false })
  await expectDocumented(plain.url)
})

test.each(['redis', 'postgres', 'nats'])('%s that is away keeps nobody from starting', async (scheme) => {
  expect(await saidOf(`${scheme}://127.0.0.1:${String(await freePort())}`)).toBe('nothing')
})
