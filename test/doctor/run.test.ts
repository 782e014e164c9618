import { afterEach, beforeEach, expect, test } from 'vitest'
import { diagnoseRun } from '../../packages/millrace/src/cli/doctor/diagnose-run.ts'
import { lookAtRun } from '../../packages/millrace/src/cli/doctor/run.ts'
import { anyone } from '../../packages/millrace/src/index.ts'
import { serve, type Served } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { engine } from '../support/engines.ts'
import { nginx } from '../support/nginx.ts'
import type { Proxy } from '../support/reverse-proxy.ts'
import { Script } from '../support/script.ts'

let script: Script
let server: TestApp
let served: Served

beforeEach(async () => {
  script = new Script()
  server = testApp({ runs: { answer: script.kind }, authenticate: anyone })
  served = await serve(server.app, { port: 0 })
})
afterEach(async () => {
  await server.app.close()
  await served.close()
})

async function found(opening: Promise<Proxy>): Promise<string[]> {
  await using proxy = await opening
  script.say('one ', 'two ')
  const { id } = await server.app.start('answer', null, { principal: 'anyone' })
  const seen = await lookAtRun(proxy.url, id, { headers: {} }, new AbortController().signal)
  return diagnoseRun(seen).map(({ says }) => says)
}

const GOOD = 'proxy_http_version 1.1;'

test('a run that is under way flows through a proxy that is well', { timeout: 60_000 }, async (context) => {
  expect(await found(nginx(engine('nginx', context), served.port, { location: GOOD }))).toEqual([])
})

test('a run of which a proxy passes nothing on is told from one that says nothing', { timeout: 60_000 }, async (context) => {
  const deaf = nginx(engine('nginx', context), served.port, { location: 'proxy_ignore_headers X-Accel-Buffering;' })
  expect(await found(deaf)).toEqual(['Nothing comes of a run that has said something.'])
})

test('headers that are lost on either way are seen on a run too', { timeout: 60_000 }, async (context) => {
  const location = `${GOOD} proxy_set_header Last-Event-ID ""; proxy_hide_header Cache-Control;`
  expect((await found(nginx(engine('nginx', context), served.port, { location }))).sort()).toEqual([
    'Cache-Control is lost on the way back.', 'Last-Event-ID is lost on the way to the server: who was cut begins anew.',
  ])
})
