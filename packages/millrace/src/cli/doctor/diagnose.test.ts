import { expect, test } from 'vitest'
import { LAST } from '../../protocol/doctor.ts'
import { diagnose } from './diagnose.ts'
import type { Finding } from './finding.ts'
import type { Observations, SocketSeen, StreamSeen } from './seen.ts'

const ASKED = { accept: 'text/event-stream', 'idempotency-key': 'k', prefer: 'respond-async' }
const ANSWERED = { 'content-type': 'text/event-stream', 'cache-control': 'private, no-store, no-transform', 'millrace-run': 'doctor', 'x-content-type-options': 'nosniff' }
let streams = 0

interface Way {
  readonly asked?: Readonly<Record<string, string>>
  readonly heard?: Readonly<Record<string, string>>
  readonly answered?: Readonly<Record<string, string>>
  readonly from?: number
  readonly together?: boolean
  readonly http?: '1.0'
}

/** A healthy stream, but for what is said. */
function stream({ asked = {}, heard = {}, answered = {}, from = 0, together = false, http }: Way = {}, rest: Partial<StreamSeen> = {}): StreamSeen {
  streams += 1
  return {
    where: 'GET text/event-stream', asked: { ...ASKED, ...asked }, answered: { ...ANSWERED, ...answered },
    hello: { type: 'hello', n: 0, at: 0, stream: String(streams), heartbeat: 15_000, asked: { ...ASKED, ...asked, host: 'here', ...heard }, answered: ANSWERED, ...(http && { http }) },
    frames: Array.from({ length: LAST - from }, (_, index) => ({ n: from + index + 1, at: index * 100, came: together ? 5_000 : index * 100 })),
    ending: 'whole', waited: 0, ...rest,
  }
}

function seen(rest: Partial<Observations> = {}): Observations {
  return {
    host: 'here', knock: stream({ asked: { 'last-event-id': '24' }, from: 24 }), streams: [stream()], refused: [], cut: stream({}, { frames: [], ending: 'cut' }), resumed: stream({ asked: { 'last-event-id': '20' }, from: 20 }),
    resumedAfter: 20, socket: { kind: 'open' }, silence: null, alpn: null, ...rest,
  }
}

const short = (findings: readonly Finding[]): unknown[] => findings.map(({ what, severity }) => [what, severity])

test('nothing is found where nothing ails', () => {
  expect(diagnose(seen())).toEqual([])
  expect(diagnose(seen({ alpn: 'h2' }))).toEqual([])
})

test('a parameter or a space more in a header is no change', () => {
  const answered = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'private,no-store,no-transform' }
  expect(diagnose(seen({ streams: [stream({ answered })] }))).toEqual([])
})

const without = (name: string): StreamSeen => {
  const healthy = stream()
  return { ...healthy, answered: Object.fromEntries(Object.entries(healthy.answered).filter(([header]) => header !== name)) }
}
const deafTo = (name: string, way: Way = {}): StreamSeen => {
  const healthy = stream(way)
  return { ...healthy, hello: { ...healthy.hello!, asked: Object.fromEntries(Object.entries(healthy.hello!.asked).filter(([header]) => header !== name)) } }
}
const silence = (beating: StreamSeen, still: StreamSeen): Partial<Observations> => ({ silence: { seconds: 90, beating, still } })

test.each<[string, Partial<Observations>, unknown[]]>([
  ['all at once', { streams: [stream({ together: true })] }, [['buffering', 'breaks']]],
  ['broken off', { streams: [stream({}, { ending: 'cut' })] }, [['broken_off', 'breaks']]],
  ['never ended', { streams: [stream({}, { ending: 'silent' })] }, [['broken_off', 'breaks']]],
  ['not let in', { refused: [{ where: 'POST text/event-stream', says: 'The server answered 405.' }] }, [['refused', 'breaks']]],
  ['packed, and flowing', { streams: [stream({ answered: { 'content-encoding': 'gzip' } })] }, [['compression', 'note']]],
  ['packed, and late', { streams: [stream({ answered: { 'content-encoding': 'gzip' }, together: true })] }, [['buffering', 'breaks'], ['compression', 'hurts']]],
  ['no Cache-Control', { streams: [without('cache-control')] }, [['response_header', 'hurts']]],
  ['another type', { streams: [stream({ answered: { 'content-type': 'text/html' } })] }, [['response_header', 'breaks']]],
  ['no key', { streams: [deafTo('idempotency-key')] }, [['request_header', 'breaks']]],
  ['no cursor', { resumed: deafTo('last-event-id', { asked: { 'last-event-id': '20' } }) }, [['request_header', 'breaks']]],
  ['from elsewhere', { resumed: stream({ asked: { 'last-event-id': '20' }, from: 7 }) }, [['not_resumed', 'breaks']]],
  ['nothing more', { resumed: stream({ asked: { 'last-event-id': '20' }, from: LAST }) }, [['not_resumed', 'breaks']]],
  ['another name', { streams: [stream({ heard: { host: 'origin:8787' } })] }, [['host', 'note']]],
  ['HTTP/1.0', { streams: [stream({ http: '1.0' })] }, [['http_1_0', 'hurts']]],
  ['no HTTP/2', { alpn: 'http/1.1' }, [['http_1_1', 'note']]],
  ['a clean end', { cut: stream({}, { ending: 'clean' }) }, [['clean_end', 'note']]],
  ['a cut that is kept back', { cut: stream({}, { ending: 'silent' }) }, [['clean_end', 'hurts']]],
  ['silence is cut, beats or not', silence(stream({}, { ending: 'cut', waited: 5_100 }), stream({}, { ending: 'cut', waited: 5_000 })), [['idle_cut', 'breaks']]],
  ['silence is cut, but beats keep it', silence(stream(), stream({}, { ending: 'cut' })), []],
])('%s', (_name, ails, found) => {
  expect(short(diagnose(seen(ails)))).toEqual(found)
})

test.each<[SocketSeen, unknown[]]>([
  [{ kind: 'answered', status: 426, code: 'upgrade_required' }, []],
  [{ kind: 'answered', status: 426, code: null }, [['websocket', 'hurts']]],
  [{ kind: 'answered', status: 200, code: null }, [['websocket', 'hurts']]],
  [{ kind: 'dumb' }, [['websocket', 'hurts']]],
  [{ kind: 'broken' }, [['websocket', 'hurts']]],
])('a WebSocket that came to %j', (socket, found) => {
  expect(short(diagnose(seen({ socket })))).toEqual(found)
})

test('an answer that another got is told apart from a header that was lost', () => {
  const shared = stream()
  expect(short(diagnose(seen({ streams: [shared], resumed: { ...shared, asked: { ...shared.asked, 'last-event-id': '20' } } })))).toEqual([['cached', 'breaks']])
})

test('an answer to the first question, kept, is not taken for what ails the others', () => {
  const knock = stream({ asked: { 'last-event-id': '24' }, from: 24 })
  expect(short(diagnose(seen({ knock, streams: [{ ...knock, asked: ASKED }] })))).toEqual([['cached', 'breaks']])
})

test('a cut that something noticed in time says nothing', () => {
  expect(diagnose(seen({ cut: null }))).toEqual([])
})

test('the same in several places is one finding, and the worst stand first', () => {
  const packed = { answered: { 'content-encoding': 'gzip' } }
  const findings = diagnose(seen({
    alpn: 'http/1.1', streams: [stream(packed), stream({ ...packed, together: true }, { where: 'POST text/event-stream' })],
  }))
  expect(findings.map(({ what, severity, where }) => ({ what, severity, where }))).toEqual([
    { what: 'buffering', severity: 'breaks', where: ['POST text/event-stream'] },
    { what: 'compression', severity: 'hurts', where: ['GET text/event-stream', 'POST text/event-stream'] },
    { what: 'http_1_1', severity: 'note', where: ['TLS'] },
  ])
})

test.each([
  [{ server: 'nginx/1.22.1' }, ['nginx']],
  [{ server: 'cloudflare', 'cf-ray': '1' }, ['cloudflare']],
  [{ via: '1.1 varnish, 1.1 abc.cloudfront.net (CloudFront)' }, ['varnish', 'cloudfront']],
  [{ server: 'Caddy', via: '1.1 Caddy' }, ['caddy']],
])('an answer with %j names the settings of %j', (headers, places) => {
  const [finding] = diagnose(seen({ streams: [stream({ answered: headers, together: true })] }))
  const known = finding!.cures.map(({ at }) => at)
  for (const place of places) if (place !== 'cloudfront') expect(known).toContain(place)
  expect(known.length).toBeLessThanOrEqual(places.length)
})

test('where nobody says who stands between, every known setting is named', () => {
  const [finding] = diagnose(seen({ streams: [stream({ together: true })] }))
  expect(finding!.cures.map(({ at }) => at)).toEqual(expect.arrayContaining(['nginx', 'haproxy', 'caddy', 'apache', 'cloudflare']))
})

test('a setting for a header names that header', () => {
  const [finding] = diagnose(seen({ resumed: deafTo('last-event-id', { asked: { 'last-event-id': '20' } }) }))
  expect(finding!.says).toBe('Last-Event-ID is lost on the way to the server.')
  expect(finding!.cures).toContainEqual({ at: 'nginx', setting: 'proxy_set_header Last-Event-ID $http_last_event_id;' })
  expect(finding!.cures).toContainEqual({ at: 'haproxy', setting: 'without http-request del-header Last-Event-ID' })
})

test('heartbeats are to leave twice in the time after which silence is cut', () => {
  const cut = (ms: number): Finding => diagnose(seen(silence(stream({}, { ending: 'cut', waited: ms }), stream({}, { ending: 'cut', waited: ms }))))[0]!
  expect(cut(10_300).cures).toContainEqual({ at: 'millrace', setting: 'createMillrace({ heartbeat: 5_000 })' })
  // No heartbeat is that often.
  expect(cut(1_000).cures.map(({ at }) => at)).not.toContain('millrace')
})
