import { anyone } from '../../packages/millrace/src/index.ts'
import { serve } from '../../packages/millrace/src/runtime/index.ts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { testApp } from '../support/app.ts'
import { engine } from '../support/engines.ts'
import { haproxy } from '../support/haproxy.ts'
import { Command, millrace, Server } from './support.ts'

let server: Server
beforeAll(async () => {
  server = await Server.start()
})
afterAll(() => server.kill())

test('doctor exits with 0 where nothing ails, and says what it looked at', async () => {
  const { code, stdout, stderr } = await millrace('doctor', `${server.url}/`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [first, ...lines] = stdout.trimEnd().split('\n')
  expect(first).toBe(`${server.url}/doctor`)
  expect(lines.length).toBeGreaterThan(6)
  for (const line of lines) expect(line).toMatch(/^(ok|-) {6,7}\S/)
})

test('doctor exits with 1 where something was found, and --json says it to programs', async (context) => {
  await using proxy = await haproxy(engine('haproxy', context), Number(new URL(server.url).port), ['timeout server 1h'])
  const { code, stdout } = await millrace('doctor', proxy.url, '--json')
  expect(code).toBe(1)
  expect(stdout.trimEnd()).not.toContain('\n')
  expect(JSON.parse(stdout)).toMatchObject({
    url: `${proxy.url}/doctor`, present: [],
    findings: [{ what: 'coalescing', severity: 'hurts', cures: expect.arrayContaining([{ at: 'haproxy', setting: 'option http-no-delay' }]) as unknown }],
  })
})

test('doctor exits with 2 and says how, where a server offers no pattern', async () => {
  await using plain = testApp({ authenticate: anyone })
  const served = await serve(plain.app, { port: 0 })
  const { code, stdout, stderr } = await millrace('doctor', served.url)
  await served.close()
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`millrace: There is no pattern at ${served.url}/doctor.`)
  expect(stderr).toContain('createMillrace({ doctor: true')
})

test('doctor exits with 2 where nobody is let in or nothing is there', async () => {
  const refused = await millrace('doctor', server.url, '--header', 'Authorization: Bearer wrong')
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^millrace: Say who you are first\. .*--header.*\n$/) as unknown })
  const gone = await Server.start()
  await gone.kill()
  expect(await millrace('doctor', gone.url)).toEqual({ code: 2, stdout: '', stderr: `millrace: Nothing answers at ${gone.url}.\n` })
})

test('headers go with every question of the doctor', async () => {
  const asked: (string | null)[] = []
  await using guarded = testApp({
    doctor: true,
    authenticate: (request) => {
      asked.push(request.headers.get('X-Token'))
      return request.headers.get('X-Token') === 'right' ? 'ada' : null
    },
  })
  const served = await serve(guarded.app, { port: 0 })
  const { code, stdout } = await millrace('doctor', served.url, '--header', 'X-Token: right')
  await served.close()
  expect({ code, asked: new Set(asked) }).toEqual({ code: 0, asked: new Set(['right']) })
  expect(stdout).toContain('ok      WebSockets pass\n')
})

test('Ctrl-C ends the doctor at once', async () => {
  let questions = 0
  await using asked = testApp({
    doctor: true,
    authenticate: () => {
      questions += 1
      return 'ada'
    },
  })
  const served = await serve(asked.app, { port: 0 })
  const doctor = new Command('doctor', served.url, '--idle', '300')
  await vi.waitUntil(() => questions > 3, { timeout: 20_000 })
  doctor.interrupt()
  expect(await doctor.outcome()).toEqual({ code: 130, stdout: '', stderr: '' })
  await served.close()
})

test('what answers but is no server of ours is one plain line', async () => {
  const served = await serve({ fetch: () => new Response('<p>\u009b2JHello', { headers: { 'Content-Type': 'text/html' } }) }, { port: 0 })
  const { code, stdout, stderr } = await millrace('doctor', served.url)
  await served.close()
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^millrace: What answers there is no pattern of the doctor\.\n$/)
})

test('doctor looks at a run where there is no pattern', async () => {
  const id = await server.run('answer')
  const { code, stdout } = await millrace('doctor', `${server.url}/runs/${id}`)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^http.*\nok {6}headers come back unchanged, and who was cut goes on where it was\n- {7}in \d+\.\d s \d+ pieces came/)
  const other = await millrace('doctor', server.url, '--idle', '0', '--header', 'X: 1', 'more')
  expect(other.code).toBe(2)
  expect((await millrace('doctor', `${server.url}/runs/${'A'.repeat(22)}`))).toEqual({ code: 2, stdout: '', stderr: 'millrace: There is no such run.\n' })
})

test.each([
  [['doctor'], '`millrace doctor` takes one address, that of a server or of a run.'],
  [['doctor', 'http://localhost', '--idle', '301'], '--idle takes whole seconds, at most 300.'],
  [['doctor', 'http://localhost', '--idle', 'long'], '--idle takes whole seconds, at most 300.'],
])('misuse is one clear line and exits with 2: %j', async (args, message) => {
  expect(await millrace(...args)).toEqual({ code: 2, stdout: '', stderr: `millrace: ${message}\n` })
})
