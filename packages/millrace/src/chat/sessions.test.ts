import * as fc from 'fast-check'
import { SignJWT, UnsecuredJWT, generateKeyPair, type JWTPayload } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { hasCode } from '../event/error.ts'
import type { SessionRequest } from '../protocol/chat.ts'
import { callerOf, type Authenticate } from '../server/authenticate.ts'
import { narrowed, personOf } from '../server/narrowed.ts'
import type { SessionKeys } from '../server/session-keys.ts'
import { createSessions, type Sessions, type SessionsOptions } from './sessions.ts'

const key = (id: string): { readonly id: string; readonly secret: Uint8Array } => ({ id, secret: new TextEncoder().encode(id.padEnd(32, '.')) })
const ONE = key('one')
const keys: SessionKeys = { current: ONE }
const byHeader: Authenticate = (request) => request.headers.get('X-User')

const sessionsOf = (options: Partial<SessionsOptions> = {}): Sessions => createSessions({ keys, authenticate: byHeader, ...options })
const asking = (headers: Readonly<Record<string, string>>): Request => new Request('http://localhost/runs', { headers })
const bearing = (sessions: Sessions, token: string): ReturnType<typeof callerOf> =>
  callerOf(sessions.authenticate, asking({ 'X-User': 'ada', Authorization: `Bearer ${token}` }))
const refusal = (error: unknown): string => (hasCode(error, 'forbidden') || hasCode(error, 'invalid_request') ? error.code : 'none')

afterEach(() => vi.useRealTimers())

test('a session says who asks and until when, and without one the server’s own word counts', async () => {
  const sessions = sessionsOf()
  const { token, expiresAt, sessionId } = await sessions.open({ principal: 'ada' })
  expect(await bearing(sessions, token)).toEqual({ principal: 'ada', expiresAt })
  expect(await callerOf(sessions.authenticate, asking({ 'X-User': 'bob' }))).toEqual({ principal: 'bob' })
  expect(await callerOf(sessions.authenticate, asking({}))).toBeNull()
  expect(sessionId).toMatch(/^[\w-]{22}$/)
  expect(expiresAt - Date.now()).toBeGreaterThan(59 * 60_000)
})

test('a session holds to its end and no longer, and no longer than what proved who asked', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_250 })
  const sessions = sessionsOf({ ttl: 60_000 })
  const { token, expiresAt } = await sessions.open({ principal: 'ada' })
  expect(expiresAt).toBe(1_800_000_060_000)
  vi.setSystemTime(expiresAt - 1)
  expect(await bearing(sessions, token)).toEqual({ principal: 'ada', expiresAt })
  vi.setSystemTime(expiresAt)
  expect(await bearing(sessions, token)).toBeNull()
  expect((await sessions.open({ principal: 'ada', expiresAt: expiresAt + 5_400 })).expiresAt).toBe(expiresAt + 5_000)
})

test('a host whose clock is half a minute behind takes it, and one further behind does not', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
  const sessions = sessionsOf()
  const { token } = await sessions.open({ principal: 'ada' })
  vi.setSystemTime(1_800_000_000_000 - 30_000)
  expect(await bearing(sessions, token)).not.toBeNull()
  vi.setSystemTime(1_800_000_000_000 - 31_000)
  expect(await bearing(sessions, token)).toBeNull()
})

/** A token as ours, but for what is changed. */
async function forged({ header = {}, claims = {}, secret = ONE.secret }: {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: JWTPayload
  readonly secret?: Uint8Array | CryptoKey
} = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const payload = { iss: 'millrace', aud: 'millrace-chat', sub: 'ada', sid: 'x', names: {}, iat: now, nbf: now, exp: now + 60, ...claims }
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', typ: 'millrace-session+jwt', kid: 'one', ...header }).sign(secret, { crit: { mine: true } })
}

test('the token that the forger begins with is one that holds', async () => {
  expect(await bearing(sessionsOf(), await forged())).toMatchObject({ principal: 'ada' })
})

const later = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds
const forgeries: Readonly<Record<string, () => Promise<string> | string>> = {
  'nothing': () => '',
  'no token': () => 'let me in',
  'another secret': () => forged({ secret: key('two').secret }),
  'an empty secret': () => forged({ secret: new TextEncoder().encode('\0') }),
  'another hash': () => forged({ header: { alg: 'HS512' }, secret: new Uint8Array(64).fill(1) }),
  'another algorithm': async () => forged({ header: { alg: 'ES256' }, secret: (await generateKeyPair('ES256')).privateKey }),
  'no algorithm': () => new UnsecuredJWT({ sid: 'x', names: {} }).setSubject('ada').setIssuer('millrace').setAudience('millrace-chat').setExpirationTime('1h').encode(),
  'another sort of token': () => forged({ header: { typ: 'JWT' } }),
  'no sort of token': () => forged({ header: { typ: undefined } }),
  'another key': () => forged({ header: { kid: 'two' } }),
  'no key': () => forged({ header: { kid: undefined } }),
  'another issuer': () => forged({ claims: { iss: 'mill' } }),
  'another audience': () => forged({ claims: { aud: 'millrace' } }),
  'no audience': () => forged({ claims: { aud: undefined } as JWTPayload }),
  'expired': () => forged({ claims: { exp: later(-1) } }),
  'without an end': () => forged({ claims: { exp: undefined } as JWTPayload }),
  'not yet valid': () => forged({ claims: { nbf: later(60) } }),
  'without a beginning': () => forged({ claims: { nbf: undefined } as JWTPayload }),
  'nobody’s': () => forged({ claims: { sub: undefined } as JWTPayload }),
  'a critical header': () => forged({ header: { crit: ['b64'], b64: true } }),
  'a critical header that nobody knows': () => forged({ header: { crit: ['mine'], mine: 1 } }),
  'too long': async () => forged({ claims: { sub: 'a'.repeat(4_096) } }),
  'of two audiences in one word': () => forged({ claims: { aud: 'millrace-chat millrace' } }),
}

test.each(Object.keys(forgeries))('a wrong token is nobody’s, and never the server’s own word: %s', async (name) => {
  expect(await bearing(sessionsOf(), await forgeries[name]!())).toBeNull()
})

test('no letter of a token can be changed', async () => {
  const sessions = sessionsOf()
  const { token } = await sessions.open({ principal: 'ada', expiresAt: Date.now() + 600_000 })
  // The last character of a part may have bits that say nothing: all others have not.
  await fc.assert(fc.asyncProperty(fc.nat(token.length - 2), fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_'), async (at, char) => {
    const changed = `${token.slice(0, at)}${char}${token.slice(at + 1)}`
    fc.pre(changed !== token && token[at] !== '.' && token[at + 1] !== '.')
    expect(await bearing(sessions, changed)).toBeNull()
  }))
})

test('a context only narrows: nobody else is named, and what is named lies apart', async () => {
  const sessions = sessionsOf()
  const principalOf = async (principal: string, request: SessionRequest): Promise<string | undefined> =>
    (await bearing(sessions, (await sessions.open({ principal }, request)).token))?.principal
  expect(await sessions.open({ principal: 'ada' }, { userId: 'bob' }).catch(refusal)).toBe('forbidden')
  expect(await principalOf('ada', { userId: 'ada' })).toBe('ada')
  const named = await Promise.all([{}, { projectId: 'p' }, { instanceId: 'p' }, { instanceId: 'i', projectId: 'p' }].map((request) => principalOf('ada', request)))
  expect(new Set(named).size).toBe(4)
  // The same project of somebody else is another one.
  expect(await principalOf('bob', { projectId: 'p' })).not.toBe(named[1])
})

test('no two different callers and contexts meet in one name', () => {
  const name = fc.string({ unit: fc.constantFrom('a', '"', ',', '[', ']', '\\', 'null'), maxLength: 4 })
  const scope = fc.record({ userId: name, instanceId: name, projectId: name }, { requiredKeys: [] })
  const plain = (principal: string, request: SessionRequest): string =>
    [principal, request.userId === principal ? undefined : request.userId, request.instanceId, request.projectId].map((part) => (part === undefined ? '-' : `+${String(part.length)}:${part}`)).join('')
  fc.assert(fc.property(name, scope, name, scope, (one, context, other, another) => {
    fc.pre(!one.startsWith('["') && !other.startsWith('["'))
    expect(narrowed(one, context) === narrowed(other, another)).toBe(plain(one, context) === plain(other, another))
  }), { numRuns: 2_000 })
})

test('all that one person is narrowed to is one person, and two are two', () => {
  const name = fc.string({ unit: fc.constantFrom('a', '"', ',', '[', ']', '\\', 'null'), maxLength: 4 })
  const scope = fc.record({ instanceId: name, projectId: name })
  fc.assert(fc.property(name, scope, name, scope, (one, context, other, another) => {
    expect(personOf(narrowed(one, context)) === personOf(narrowed(other, another))).toBe(one === other)
  }), { numRuns: 2_000 })
  expect(personOf(narrowed('backend', { userId: 'ada', projectId: 'p' }))).not.toBe(personOf(narrowed('backend', { userId: 'bob', projectId: 'p' })))
  for (const plain of ['ada', '', '["', '["ada', '["ada"]']) expect(personOf(plain)).toBe(plain)
})

test('nobody signs in by a name that a narrowed session could have', async () => {
  const sessions = sessionsOf()
  const name = narrowed('ada', { projectId: 'p' })
  expect(await callerOf(sessions.authenticate, asking({ 'X-User': name }))).toBeNull()
  expect(await callerOf(sessions.signIn, asking({ 'X-User': name }))).toBeNull()
})

test('a service that is told so opens sessions for its users, and they reach nothing of anybody who signs in by that name', async () => {
  const sessions = sessionsOf({ authorize: (principal, { projectId }) => principal === 'backend' && projectId === 'p' })
  const { token } = await sessions.open({ principal: 'backend' }, { userId: 'ada', projectId: 'p' })
  expect((await bearing(sessions, token))?.principal).toBe(narrowed('backend', { userId: 'ada', projectId: 'p' }))
  expect(await sessions.open({ principal: 'backend' }, { userId: 'ada' }).catch(refusal)).toBe('forbidden')
  expect(await sessions.open({ principal: 'ada' }, { projectId: 'p' }).catch(refusal)).toBe('forbidden')
})

test.each(['', ' ', 'two words', 'tab\t', 'zero\u200bwidth', 'line\n', '\0', 'x'.repeat(129), 7, null, {}, ['a']])('a name that cannot be read out is refused: %j', async (name) => {
  for (const field of ['userId', 'instanceId', 'projectId']) {
    expect(await sessionsOf().open({ principal: 'ada' }, { [field]: name }).catch(refusal)).toBe('invalid_request')
  }
})

test.each([null, 'ada', 7, [[]]])('a context is an object: %j', async (context) => {
  expect(await sessionsOf().open({ principal: 'ada' }, context as SessionRequest).catch(refusal)).toBe('invalid_request')
})

test('a new key signs as soon as it is there, an older one is known until its sessions are over, and a stranger is not', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_800_000_000_000 })
  let kept: SessionKeys = keys
  const [here, there] = [sessionsOf({ keys: { load: () => kept }, ttl: 60_000 }), sessionsOf({ keys: { load: () => kept }, ttl: 60_000 })]
  const before = await here.open({ principal: 'ada' })
  expect(await bearing(there, before.token)).not.toBeNull()
  kept = { current: key('two'), previous: [{ ...ONE, retiredAt: Date.now() }] }
  const after = await here.open({ principal: 'ada' })
  expect(await bearing(there, after.token)).not.toBeNull()
  expect(await bearing(there, before.token)).not.toBeNull()
  vi.setSystemTime(Date.now() + 95_000)
  // Whoever has stolen the older key can sign what he likes: it is over with the sessions it was for.
  expect(await bearing(there, await forged({ claims: { exp: later(600) } }))).toBeNull()
})

test('a key that was thrown away is refused within a minute', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  let kept: SessionKeys = keys
  const sessions = sessionsOf({ keys: { load: () => kept } })
  const { token } = await sessions.open({ principal: 'ada' })
  kept = { current: key('two') }
  vi.advanceTimersByTime(60_001)
  expect(await bearing(sessions, token)).toBeNull()
})

test('who makes up names of keys has them read once a second, however many come', async () => {
  let reads = 0
  const sessions = sessionsOf({
    keys: {
      load: () => {
        reads += 1
        return keys
      },
    },
  })
  const wrong = await forged({ header: { kid: 'two' } })
  await Promise.all([...Array(50).keys()].map(async () => expect(await bearing(sessions, wrong)).toBeNull()))
  expect(reads).toBeLessThan(4)
})

test('keys that cannot be read are our fault, and send nobody away', async () => {
  const sessions = sessionsOf({
    keys: {
      load: () => {
        throw new Error('the disk is gone')
      },
    },
  })
  await expect(bearing(sessions, await forged())).rejects.toThrow('the disk is gone')
})

test('what could never be safe is refused at once', () => {
  expect(() => sessionsOf({ keys: { current: { id: 'one', secret: new Uint8Array(31) } } })).toThrow('at least 32 random bytes')
  expect(() => sessionsOf({ keys: { current: { id: 'two words', secret: ONE.secret } } })).toThrow('visible')
  for (const ttl of [0, -1, NaN, Infinity]) expect(() => sessionsOf({ ttl })).toThrow('`ttl`')
})
