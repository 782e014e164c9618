import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test, vi } from 'vitest'
import { nats } from '../../../packages/millrace/src/store/nats/store.ts'
import { createOptions, expectLog, idPart, newNonce, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { LONG } from '../../../packages/millrace/src/store/testing/harness.ts'
import { engine } from '../../support/engines.ts'
import { freePort } from '../../support/free-port.ts'
import { connectedTo } from '../../support/nats-harness.ts'
import { startNats } from '../../support/nats-server.ts'

const quietly = { warn: () => undefined }

function saying(pattern: RegExp): string {
  return expect.stringMatching(pattern) as string
}

test('what is no URL of NATS is refused at once, and a password in it is not repeated', () => {
  for (const url of ['localhost:4222', 'http://:secret@localhost', 'nats://', '']) {
    expect(() => nats(url)).toThrow(expect.objectContaining({ code: 'store_failed' }) as Error)
    expect(() => nats(url)).toThrow(/nats:\/\/HOST/)
    expect(() => nats(url)).not.toThrow(/secret/)
  }
})

test('what is no connection is refused at once', () => {
  for (const none of [{}, null, undefined, 4222]) expect(() => nats(none as never)).toThrow(/@nats-io\/transport-node`: this is neither/)
})

test('a prefix that no stream may have is refused at once', () => {
  for (const prefix of ['', 'a.b', 'a b', '*', 'x'.repeat(41)]) expect(() => nats('nats://h', { prefix })).toThrow(/A prefix is/)
})

test('a server that is not there is store_busy, which may be tried again, and works once it is there', { timeout: 30_000 }, async (context) => {
  const program = engine('nats-server', context)
  const port = await freePort()
  const store = nats(`nats://:secret@127.0.0.1:${String(port)}`, quietly)
  const failing = store.find(idPart())
  await expect(failing).rejects.toMatchObject({ code: 'store_busy', retryable: true, message: saying(/ECONNREFUSED/) })
  await expect(failing).rejects.not.toMatchObject({ message: saying(/secret/) })
  await using server = await startNats(program, { port })
  expect(await store.find(idPart())).toBeNull()
  await server.kill()
  const begun = performance.now()
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_busy', retryable: true })
  expect(performance.now() - begun).toBeLessThan(10_000)
  await store.close()
})

test('missing or wrong credentials say so, and where they belong', { timeout: 30_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context), { settings: ['authorization { user: ada, password: "p@ss" }'] })
  for (const credentials of ['', 'ada:wrong@', 'token@']) {
    const store = nats(`nats://${credentials}127.0.0.1:${String(server.port)}`, quietly)
    const failing = store.find(idPart())
    await expect(failing).rejects.toMatchObject({ code: 'store_failed', retryable: false, message: saying(/refuses these credentials.*nats:\/\/USER:PASSWORD@HOST/) })
    await expect(failing).rejects.not.toMatchObject({ message: saying(/wrong|token@127/) })
    await store.close()
  }
  const store = nats(`nats://ada:p%40ss@127.0.0.1:${String(server.port)}`, quietly)
  expect(await store.find(idPart())).toBeNull()
  await store.close()
})

test('a server without JetStream says how to start it with', { timeout: 30_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context), { jetstream: false })
  const store = nats(server.url, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: saying(/no JetStream.*`-js`/) })
  await store.close()
})

test('a user who may not do what the store does is told what is missing', { timeout: 30_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context), {
    settings: ['authorization { users: [{ user: app, password: secret, permissions: { publish: ["$JS.API.INFO"], subscribe: ["_INBOX.>"] } }] }'],
  })
  const store = nats(`nats://app:secret@127.0.0.1:${String(server.port)}`, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: saying(/may not do.*publish to \$JS\.API\.STREAM\.INFO/) })
  await store.close()
})

test('a user who may not hear of what is new reads all the same, and the store says why it is late', { timeout: 30_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context), {
    settings: ['authorization { users: [{ user: app, password: secret, permissions: { publish: ">", subscribe: ["_INBOX.>"] } }] }'],
  })
  const said: string[] = []
  const store = nats(`nats://app:secret@127.0.0.1:${String(server.port)}`, { warn: (message) => said.push(message) })
  const runs = [await start(store), await start(store)]
  for (const { run } of runs) store.watch(run, () => undefined)
  await vi.waitUntil(() => said.length > 0)
  for (const { run, lease } of runs) await store.append(run, lease, says(1, 'a'))
  for (const { run } of runs) await expectLog(store, run, ['a'], 'the log')
  expect(said).toEqual([saying(/subscribe to mr\.wake\./)])
  await store.close()
})

test('a user who may do no more than the store needs is enough', { timeout: 30_000 }, async (context) => {
  const publish = [
    'mr.>', '$JS.API.INFO', ...['mr', 'mr-places'].flatMap((stream) => [
      `$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.CREATE.${stream}`, `$JS.API.STREAM.PURGE.${stream}`, `$JS.API.DIRECT.GET.${stream}`,
      `$JS.API.DIRECT.GET.${stream}.>`, `$JS.API.CONSUMER.CREATE.${stream}`, `$JS.API.CONSUMER.CREATE.${stream}.>`, `$JS.API.CONSUMER.DELETE.${stream}.>`, `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
    ]),
  ]
  await using server = await startNats(engine('nats-server', context), {
    settings: [`authorization { users: [{ user: app, password: secret, permissions: { publish: ${JSON.stringify(publish)}, subscribe: ["_INBOX.>", "mr.wake.>"] } }] }`],
  })
  const store = nats(`nats://app:secret@127.0.0.1:${String(server.port)}`, quietly)
  const { run, lease } = await start(store)
  await store.append(run, lease, says(1, 'a'))
  await expectLog(store, run, ['a'], 'the log')
  expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([run])
  await store.delete(run)
  await store.close()
})

test('streams of that name which are another program’s are refused, and left as they are', { timeout: 30_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context))
  const connection = await connectedTo(server.url)
  const { streams } = await jetstreamManager(connection)
  await streams.add({ name: 'mr', subjects: ['orders.>'] })
  await streams.add({ name: 'taken', subjects: ['theirs.log.>'] })
  for (const [prefix, said] of [['mr', /stream mr .*`subjects`.*another `prefix`/], ['theirs', /subjects.*another `prefix`/]] as const) {
    const store = nats(server.url, { ...quietly, prefix })
    await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: saying(said) })
    await store.close()
  }
  expect((await streams.info('mr')).config.subjects).toEqual(['orders.>'])
  await connection.close()
})

test('a stream that forgets warns or is refused; one that keeps does not', { timeout: 30_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context))
  const connection = await connectedTo(server.url)
  const { streams } = await jetstreamManager(connection)
  const said: string[] = []
  const finding = async (): Promise<unknown> => {
    const store = nats(server.url, { warn: (message) => said.push(message) })
    return store.find(idPart()).finally(() => store.close())
  }
  await finding()
  expect(said).toEqual([])
  const { config } = await streams.info('mr')
  await streams.delete('mr')
  await streams.add({ ...config, storage: 'memory' })
  await finding()
  expect(said).toEqual([expect.stringContaining('kept in memory')])
  await streams.update('mr', { max_age: 1e9 * 3600 })
  await expect(finding()).rejects.toMatchObject({ code: 'store_failed', message: saying(/another `max_age`/) })
  await connection.close()
})

test('a full JetStream refuses a write, which then has written nothing', { timeout: 30_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context), { storage: '5MB' })
  const store = nats(server.url, quietly)
  const { run, lease } = await start(store)
  const large = says(1, 'x'.repeat(10 * 1024 * 1024))
  await expect(store.append(run, lease, large)).rejects.toMatchObject({ code: 'store_failed', message: saying(/nothing was written/) })
  await expectLog(store, run, [], 'the log of the full server')
  await store.close()
})

test('a connection that is closed for good says what to do', async (context) => {
  await using server = await startNats(engine('nats-server', context))
  const connection = await connectedTo(server.url)
  const store = nats(connection, quietly)
  expect(await store.find(idPart())).toBeNull()
  await connection.close()
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: saying(/closed for good.*maxReconnectAttempts/) })
  await store.close()
})

test('what another program has published to a log is store_corrupt', async (context) => {
  await using server = await startNats(engine('nats-server', context))
  const store = nats(server.url, quietly)
  const { run } = await start(store)
  const connection = await connectedTo(server.url)
  connection.publish(`mr.log.-.${run}`, 'mine')
  await connection.flush()
  await expect(store.find(run)).rejects.toMatchObject({ code: 'store_corrupt' })
  await connection.close()
  await store.close()
})

test('entries of many times what one message holds are kept whole, whatever the server’s limit', async (context) => {
  await using server = await startNats(engine('nats-server', context), { settings: ['max_payload: 16KB'] })
  const store = nats(server.url, quietly)
  const { run, lease } = await start(store, { input: JSON.stringify('i'.repeat(50_000)) })
  const texts = ['a', 'é'.repeat(500_000), 'b']
  for (const [i, text] of texts.entries()) await store.append(run, lease, says(i + 1, text))
  await expectLog(store, run, texts, 'the log')
  expect((await store.load(run)).input).toHaveLength(50_002)
  const title = 't'.repeat(20_000)
  await expect(store.create(idPart(), createOptions(run, { title }))).rejects.toMatchObject({ code: 'too_large', message: saying(/max_payload/) })
  await store.close()
})

test('one write of more than the engine holds is too_large', async () => {
  const store = nats('nats://127.0.0.1:1', quietly)
  const write = { after: 1, count: 1, bytes: new Uint8Array(129 * 1024 * 1024) }
  await expect(store.append(idPart(), { fence: 1, nonce: newNonce(), ttl: LONG }, write)).rejects.toMatchObject({ code: 'too_large' })
  await store.close()
})
