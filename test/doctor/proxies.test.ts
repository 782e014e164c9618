import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import type { Finding } from '../../packages/millrace/src/cli/doctor/finding.ts'
import type { Place } from '../../packages/millrace/src/cli/doctor/cures.ts'
import { caddy } from '../support/caddy.ts'
import { engine } from '../support/engines.ts'
import { haproxy } from '../support/haproxy.ts'
import { nginx } from '../support/nginx.ts'
import { cured, findingsAt, namesOf, startOrigin } from './support.ts'

// Each is asked for a pattern of some seconds, up to three times, once sick and once cured.
const PATIENCE = { timeout: 240_000 }

let origin: Awaited<ReturnType<typeof startOrigin>>
beforeAll(async () => {
  origin = await startOrigin()
})
afterAll(() => origin.close())

interface Case {
  readonly name: string
  readonly lines: readonly string[]
  readonly finds: readonly string[]
  /** Seconds of silence. */
  readonly idle?: number
}

type Behind = (context: TestContext, lines: readonly string[], idle?: number) => Promise<Finding[]>

/** What is found, and that following what the doctor says leaves nothing but what was there when it was healthy. */
async function expectCure(context: TestContext, { lines, finds, idle }: Case, place: Place, behind: Behind, always: readonly string[] = []): Promise<void> {
  const findings = await behind(context, lines, idle)
  expect(namesOf(findings)).toEqual([...finds, ...always].sort())
  expect(namesOf(await behind(context, cured(lines, findings, place), idle))).toEqual(always)
}

const NAMED = '$name: it is found, and what is said cures it'

describe.concurrent('nginx', PATIENCE, () => {
  const UPGRADE = ['proxy_set_header Upgrade $http_upgrade;', 'proxy_set_header Connection $http_connection;']
  const GOOD = ['proxy_http_version 1.1;', 'proxy_set_header Host $http_host;', ...UPGRADE]
  const behind: Behind = (context, lines, idle) =>
    findingsAt(nginx(engine('nginx', context), origin.port, { http: 'proxy_cache_path cache keys_zone=all:1m;', location: lines.join(' ') }), idle)

  test('is healthy where it is told what the documents say', async (context) => {
    expect(await behind(context, GOOD)).toEqual([])
  })

  test.for<Case>([
    { name: 'as it comes', lines: [], finds: ['host', 'http_1_0', 'websocket'] },
    { name: 'as it comes, deaf to X-Accel-Buffering', lines: ['proxy_ignore_headers X-Accel-Buffering;'], finds: ['buffering', 'host', 'http_1_0', 'websocket'] },
    { name: 'gzip, deaf to X-Accel-Buffering', lines: [...GOOD, 'gzip on;', 'proxy_ignore_headers X-Accel-Buffering;'], finds: ['buffering', 'compression'] },
    { name: 'gzip', lines: [...GOOD, 'gzip on;'], finds: ['compression'] },
    { name: 'a second of patience', lines: [...GOOD, 'proxy_read_timeout 1s;'], finds: ['idle_cut'], idle: 3 },
    { name: 'headers that do not come back', lines: [...GOOD, 'proxy_hide_header Cache-Control;', 'proxy_hide_header Millrace-Run;'], finds: ['response_header'] },
    {
      name: 'headers that do not reach the server', lines: [...GOOD, 'proxy_set_header Last-Event-ID "";', 'proxy_set_header Idempotency-Key "";'],
      finds: ['request_header'],
    },
    {
      name: 'a cache of what is private',
      lines: [...GOOD, 'proxy_ignore_headers Cache-Control X-Accel-Buffering;', 'proxy_cache all;', 'proxy_cache_valid 200 1m;'], finds: ['cached'],
    },
  ])(NAMED, (sick, context) => expectCure(context, sick, 'nginx', behind))
})

describe.concurrent('haproxy', PATIENCE, () => {
  const GOOD = ['option http-no-delay', 'timeout server 1h']
  const behind: Behind = (context, lines, idle) => findingsAt(haproxy(engine('haproxy', context), origin.port, lines), idle)

  test.for([['as the documents say', GOOD], ['with compression, which no-transform turns off', [...GOOD, 'compression algo gzip']]] as const)(
    '%s: it is healthy', async ([, lines], context) => {
      expect(await behind(context, lines)).toEqual([])
    },
  )

  test.for<Case>([
    { name: 'as it comes', lines: ['timeout server 1h'], finds: ['coalescing'] },
    { name: 'a second of patience', lines: ['option http-no-delay', 'timeout server 1s'], finds: ['idle_cut'], idle: 3 },
    { name: 'headers that do not come back', lines: [...GOOD, 'http-response del-header Cache-Control'], finds: ['response_header'] },
    { name: 'headers that do not reach the server', lines: [...GOOD, 'http-request del-header Idempotency-Key'], finds: ['request_header'] },
  ])(NAMED, (sick, context) => expectCure(context, sick, 'haproxy', behind))
})

describe.concurrent('caddy', PATIENCE, () => {
  // Debian's ends cut answers cleanly, whatever it is told: a note, and no setting.
  const ALWAYS = ['clean_end']
  const behind: Behind = (context, lines, idle) => findingsAt(caddy(engine('caddy', context), origin.port, lines), idle)

  test.for([['as it comes', []], ['with compression, which leaves what is flushed alone', ['encode gzip']]] as const)('%s: it is healthy', async ([, site], context) => {
    const findings = await findingsAt(caddy(engine('caddy', context), origin.port, [], site))
    expect(findings.map(({ what, severity }) => ({ what, severity }))).toEqual([{ what: 'clean_end', severity: 'note' }])
  })

  test.for<Case>([
    { name: 'a buffer', lines: ['buffer_responses'], finds: ['buffering', 'websocket'] },
    { name: 'a second of patience', lines: ['transport http {', 'read_timeout 1s', '}'], finds: ['idle_cut'], idle: 3 },
    { name: 'headers that do not come back', lines: ['header_down -Cache-Control'], finds: ['response_header'] },
    { name: 'headers that do not reach the server', lines: ['header_up -Last-Event-ID'], finds: ['request_header'] },
  ])(NAMED, (sick, context) => expectCure(context, sick, 'caddy', behind, ALWAYS))
})
