import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSessions } from '../../chat/sessions.ts'
import { callerOf } from '../../server/authenticate.ts'
import { sessionKeys } from './session-keys.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-keys-'))
  file = join(folder, 'below', 'session-keys.json')
})
afterEach(() => rm(folder, { recursive: true }))

const idsIn = async (): Promise<string[]> => {
  const { current, previous = [] } = await sessionKeys(file).load()
  return [current, ...previous].map(({ id }) => id)
}

test('the file is made where there is none, for its owner alone, and is the same from then on', async () => {
  const keys = await sessionKeys(file).load()
  expect(keys.current.secret).toHaveLength(32)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await sessionKeys(file).load()).toEqual(keys)
  expect(await readdir(join(folder, 'below'))).toEqual(['session-keys.json'])
})

test('of many that start at once, all have the same key', async () => {
  const all = await Promise.all([...Array(20).keys()].map(() => sessionKeys(file).load()))
  expect(new Set(all.map(({ current }) => current.id)).size).toBe(1)
  expect(await readdir(join(folder, 'below'))).toEqual(['session-keys.json'])
})

test('a new key comes before the older ones, of which a few are kept', async () => {
  const keys = sessionKeys(file)
  const [first] = await idsIn()
  await keys.rotate()
  const [second, kept] = await idsIn()
  expect([second === first, kept]).toEqual([false, first])
  expect((await keys.load()).previous?.[0]?.retiredAt).toBeGreaterThan(Date.now() - 60_000)
  for (let n = 0; n < 12; n += 1) await keys.rotate()
  expect(await idsIn()).toHaveLength(9)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await keys.rotate({ revoke: true })
  expect(await idsIn()).toHaveLength(1)
})

test('of many that change it at once, none’s key is lost', async () => {
  await Promise.all([...Array(6).keys()].map(() => sessionKeys(file).rotate()))
  expect(new Set(await idsIn()).size).toBe(7)
  expect(await readdir(join(folder, 'below'))).toEqual(['session-keys.json'])
})

test('one that died while it changed the file holds nobody up for long', async () => {
  const [first] = await idsIn()
  const long = new Date(Date.now() - 60_000)
  await writeFile(`${file}.lock`, '')
  await utimes(`${file}.lock`, long, long)
  await sessionKeys(file).rotate()
  expect(await idsIn()).toEqual([expect.not.stringContaining(first!), first])
})

test.each(['', '{}', '{"keys":[]}', '{"keys":[{"kty":"RSA","alg":"HS256","kid":"a","k":"c2VjcmV0"}]}', '{"keys":[{"kty":"oct","alg":"none","kid":"a","k":"c2VjcmV0"}]}'])(
  'a file that holds no keys is said plainly, without what stands in it: %s', async (text) => {
    await sessionKeys(file).load()
    await writeFile(file, text)
    const failed = await sessionKeys(file).load().catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(`${file} holds no session keys`) as string })
    expect(String(failed)).not.toContain('c2VjcmV0')
  })

test('sessions outlive a change of keys by another process, and end where they are revoked', async () => {
  const [here, there] = [sessionKeys(file), sessionKeys(file)].map((keys) => createSessions({ keys, authenticate: () => null }))
  const holds = async (token: string): Promise<boolean> =>
    (await callerOf(there!.authenticate, new Request('http://localhost/', { headers: { Authorization: `Bearer ${token}` } }))) !== null
  const { token } = await here!.open({ principal: 'ada' })
  expect(await holds(token)).toBe(true)
  await sessionKeys(file).rotate()
  const next = await here!.open({ principal: 'ada' })
  expect([await holds(token), await holds(next.token)]).toEqual([true, true])
  await sessionKeys(file).rotate({ revoke: true })
  const last = await here!.open({ principal: 'ada' })
  expect([await holds(last.token), await holds(next.token)]).toEqual([true, false])
  expect((await readFile(file, 'utf8')).split('"kid"')).toHaveLength(2)
})
