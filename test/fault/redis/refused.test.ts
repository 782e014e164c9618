import { Redis as IoRedis } from 'ioredis'
import { expect, test } from 'vitest'
import { redis } from '../../../packages/millrace/src/store/redis/store.ts'
import { createOptions, expectLog, idPart, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { freePort } from '../../support/free-port.ts'
import { ask, startRedis } from '../../support/redis-server.ts'

const quietly = { warn: () => undefined }

test('what is no Redis URL is refused at once, and a password in it is not repeated', () => {
  for (const url of ['localhost:6379', 'http://:secret@localhost', '']) {
    expect(() => redis(url)).toThrow(expect.objectContaining({ code: 'store_failed' }) as Error)
    expect(() => redis(url)).toThrow(/redis:\/\/HOST/)
    expect(() => redis(url)).not.toThrow(/secret/)
  }
})

test('a server that is not there is store_busy, which may be tried again, and works once it is there', { timeout: 30_000 }, async (context) => {
  const program = engine('redis-server', context)
  const port = await freePort()
  const store = redis(`redis://127.0.0.1:${String(port)}`, quietly)
  await expect(store.find(idPart())).rejects.toMatchObject({
    code: 'store_busy', retryable: true, message: expect.stringContaining('ECONNREFUSED') as string,
  })
  await using server = await startRedis(program, { port: String(port) })
  expect(await store.find(idPart())).toBeNull()
  await server.kill()
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_busy', retryable: true })
  await store.close()
})

test('a missing or a wrong password says so, and where it belongs', { timeout: 30_000 }, async (context) => {
  await using server = await startRedis(engine('redis-server', context), { requirepass: 'right' })
  for (const [password, code] of [['', /wants a password/], [':wrong@', /refuses this user and password/]] as const) {
    const store = redis(`redis://${password}127.0.0.1:${String(server.port)}`, quietly)
    await expect(store.find(idPart())).rejects.toMatchObject({
      code: 'store_failed', retryable: false, message: expect.stringMatching(code) as string,
    })
    await store.close()
  }
  const store = redis(`redis://:right@127.0.0.1:${String(server.port)}`, quietly)
  expect(await store.find(idPart())).toBeNull()
  await store.close()
})

test('a client that is closed for good says so, and what is no client is refused at once', { timeout: 30_000 }, async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  const client = new IoRedis(server.url)
  const store = redis(client, quietly)
  expect(await store.find(idPart())).toBeNull()
  await client.quit()
  await expect.poll(() => client.status).toBe('end')
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: expect.stringMatching(/closed for good: hand/) as string })
  await store.close()
  for (const none of [{}, null, undefined, 6379]) expect(() => redis(none as never)).toThrow(/`redis` or `ioredis`: this is neither/)
})

test('a server that forgets its data warns, and so does one that evicts; one that keeps it does not', async (context) => {
  const program = engine('redis-server', context)
  const warnings = async (settings: Readonly<Record<string, string>>): Promise<string> => {
    await using server = await startRedis(program, settings)
    const said: string[] = []
    const store = redis(server.url, { warn: (message) => said.push(message) })
    await store.find(idPart())
    await store.close()
    return said.join('\n')
  }
  expect(await warnings({})).toBe('')
  expect(await warnings({ appendonly: 'no' })).toMatch(/Set `appendonly yes`/)
  expect(await warnings({ maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' })).toMatch(/allkeys-lru/)
})

test('a user who may do no more than the store needs is enough, and is told what cannot be checked', async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  const rules = ['on', '>secret', '~mr:*', '&mr:*', '-@all', '+@connection', '+@scripting', '+@pubsub', '+@read', '+@write', '+time', '-@dangerous']
  await ask(server.port, ['ACL', 'SETUSER', 'app', ...rules])
  const said: string[] = []
  const store = redis(`redis://app:secret@127.0.0.1:${String(server.port)}`, { warn: (message) => said.push(message) })
  const { run, lease } = await start(store)
  await store.append(run, lease, says(1, 'a'))
  await expectLog(store, run, ['a'], 'the log')
  expect(said).toEqual([expect.stringContaining('INFO is forbidden')])
  await store.close()
})

test('a full server refuses a write, which then has written nothing', async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  const store = redis(server.url, quietly)
  const { run, lease } = await start(store)
  await ask(server.port, ['CONFIG', 'SET', 'maxmemory', '1'])
  await expect(store.append(run, lease, says(1, 'x'))).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('maxmemory') as string })
  await ask(server.port, ['CONFIG', 'SET', 'maxmemory', '0'])
  await expectLog(store, run, [], 'the log of the full server')
  await store.append(run, lease, says(1, 'room again'))
  await expectLog(store, run, ['room again'], 'the log afterwards')
  await store.close()
})

test('a key that another program has taken is store_corrupt and left as it is', async (context) => {
  await using server = await startRedis(engine('redis-server', context))
  const store = redis(server.url, quietly)
  const { run } = await start(store)
  const key = await ask(server.port, ['KEYS', `*:r:${run}`])
  await ask(server.port, ['SET', key, 'mine'])
  await expect(store.find(run)).rejects.toMatchObject({ code: 'store_corrupt' })
  expect(await ask(server.port, ['GET', key])).toBe('mine')
  await store.close()
})

test('one write of more than the engine holds is too_large', async () => {
  const store = redis('redis://127.0.0.1:1', quietly)
  const write = { after: 1, count: 1, bytes: new Uint8Array(129 * 1024 * 1024) }
  await expect(store.append(idPart(), { fence: 1, nonce: createOptions('').nonce, ttl: 1 }, write)).rejects.toMatchObject({ code: 'too_large' })
  await store.close()
})
