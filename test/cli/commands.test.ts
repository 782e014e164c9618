import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from 'millrace/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import manifest from '../../packages/millrace/package.json' with { type: 'json' }
import { Command, millrace, Server } from './support.ts'

let server: Server
beforeAll(async () => {
  server = await Server.start()
})
afterAll(() => server.kill())

test('runs lists runs newest first, each in one line', async () => {
  const first = await server.run('answer')
  const second = await server.run('hostile')
  const run = createClient(server.url)
  await Promise.all([run.open(first).result, run.open(second).result])
  const { code, stdout } = await millrace('runs', server.url)
  const lines = stdout.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^ID +KIND +STATUS +AGE +TITLE$/)
  const shown = lines.slice(1).map((line) => line.replace(/ \d+s /, ' AGE ').split(/ {2,}/))
  expect(shown).toContainEqual([first, 'answer', 'completed', 'AGE', 'About mills'])
  expect(shown).toContainEqual([second, 'hostile', 'completed', 'AGE', 'Title of two lines'])
  expect(code).toBe(0)
})

test('runs --json writes one run a line', async () => {
  const id = await server.run('answer')
  const { stdout } = await millrace('runs', `${server.url}/`, '--json')
  const runs = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { id: string; kind: string })
  expect(runs.find((run) => run.id === id)).toMatchObject({ kind: 'answer', title: 'About mills' })
})

test('cancel stops the work, and is harmless afterwards', async () => {
  const id = await server.run('gated')
  const first = await millrace('cancel', `${server.url}/runs/${id}`)
  expect(first.stdout).toMatch(/^(cancelled|running, and told to stop)\n$/)
  expect(first.code).toBe(0)
  await vi.waitUntil(async () => (await createClient(server.url).open(id).snapshot()).status === 'cancelled')
  expect(await millrace('cancel', server.url, id)).toEqual({ code: 0, stdout: 'cancelled\n', stderr: '' })
})

test('signal answers the question that is open, tail shows both, and a second answer changes nothing', async () => {
  const id = await server.run('asking', 'send')
  const url = `${server.url}/runs/${id}`
  const tail = new Command('tail', url)
  await vi.waitUntil(() => tail.stderr.includes('asks for approval (send): Shall I send the letter?\n'))
  expect(await millrace('signal', url, 'approval', '{"approved":false,"message":"too long"}')).toMatchObject({ code: 0, stderr: '' })
  expect(await millrace('signal', server.url, id, 'approval', '{"approved":true}', '--id', 'send')).toMatchObject({ code: 0, stderr: '' })
  const { code, stdout, stderr } = await tail.outcome()
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Not done.' })
  expect(stderr).toContain('not approved (send): too long\n')
})

test('signal wants to know which of several questions it answers', async () => {
  const id = await server.run('asking', 'send burn')
  const run = createClient(server.url).open(id)
  await vi.waitUntil(async () => (await run.snapshot()).asks?.length === 2)
  const { code, stdout, stderr } = await millrace('signal', server.url, id, 'approval', '{"approved":true}')
  expect({ code, stdout, stderr }).toEqual({
    code: 1, stdout: '', stderr: 'millrace: The run asks for approval more than once. Say which with --id: send, burn.\n',
  })
  for (const [question, approved] of [['burn', false], ['send', true]] as const) {
    await millrace('signal', server.url, id, 'approval', JSON.stringify({ approved }), '--id', question)
  }
  expect((await run.result).text).toBe('Done. Not done.')
  expect(await millrace('signal', server.url, id, 'approval')).toEqual({ code: 0, stdout: 'completed\n', stderr: '' })
  expect(await millrace('signal', server.url, id, 'other')).toMatchObject({ code: 1, stderr: expect.stringContaining('It takes: cancel, approval.') as string })
})

test('headers go with every request', async () => {
  const refused = await millrace('runs', server.url, '--header', 'X-Other: 1', '--header', 'Authorization: Bearer wrong')
  expect(refused).toEqual({ code: 1, stdout: '', stderr: 'millrace: Say who you are first.\n' })
  expect((await millrace('runs', server.url, '--header', 'Authorization: Bearer right')).code).toBe(0)
})

test('a run that is not there is one line, and exits with 1', async () => {
  const { code, stdout, stderr } = await millrace('tail', server.url, 'A'.repeat(22))
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: 'connecting\nmillrace: There is no such run.\n' })
})

test('a server that is not there is an error at once', async () => {
  const gone = await Server.start()
  await gone.kill()
  const { code, stderr } = await millrace('runs', gone.url)
  expect({ code, stderr }).toEqual({ code: 1, stderr: `millrace: Nothing answers at ${gone.url}.\n` })
})

test.each([
  ['runs', [], '{"runs":[]}', /^ID /],
  ['cancel', ['A'.repeat(22)], '{"status":"cancelled"}', /^cancelled\n$/],
])('%s says once that a server which cannot answer yet is asked again', async (name, more, body, printed) => {
  let requests = 0
  const troubled = createServer((request, response) => {
    request.resume()
    requests += 1
    response.writeHead(requests < 3 ? 503 : 200, { 'Content-Type': 'application/json' }).end(requests < 3 ? '{}' : body)
  })
  await new Promise<void>((resolve) => troubled.listen(0, '127.0.0.1', resolve))
  const { port } = troubled.address() as AddressInfo
  const { code, stdout, stderr } = await millrace(name, `http://127.0.0.1:${String(port)}`, ...more)
  troubled.close()
  expect(stderr).toBe('the server answered 503, asking again for up to two minutes\n')
  expect(stdout).toMatch(printed)
  expect({ code, requests }).toEqual({ code: 0, requests: 3 })
})

test.each([
  [['frobnicate'], 'There is no command “frobnicate”. Try `millrace --help`.'],
  [['runs', 'http://localhost', '--fast'], "Unknown option '--fast'. Try `millrace --help`."],
  [['cancel', 'http://localhost', 'A'.repeat(22), '--json'], "Unknown option '--json'. Try `millrace --help`."],
  [['runs'], '`millrace runs` takes one address, that of a server.'],
  [['runs', 'localhost:8787'], '“localhost:8787” is not an address; one begins with http:// or https://.'],
  [['runs', 'http://me:secret@localhost'], 'An address cannot carry a password. Send one with --header.'],
  [['signal', 'http://localhost', 'A'.repeat(22)], '`millrace signal` takes a run, the type of a signal, and what it brings, as JSON.'],
  [['signal', `http://localhost/runs/${'A'.repeat(22)}`, 'approval', 'yes'], `“yes” is not JSON. A word is written '"word"'.`],
  [['tail'], 'Name a run by its address (http://host/runs/ID), or by BASE ID.'],
  [['tail', 'http://localhost/'], '“http://localhost/” is not the address of a run: that ends in /runs/ID.'],
  [['tail', 'http://localhost/runs/%'], '“%” is not the id of a run.'],
  [['tail', 'http://localhost', 'A'.repeat(22), '--from', 'here'], 'The cursor is malformed.'],
  [['runs', 'http://localhost', '--header', 'nonsense'], "“nonsense” is not a header; one is written 'Name: value'."],
])('misuse is one clear line and exits with 2: %j', async (args, message) => {
  const { code, stdout, stderr } = await millrace(...args)
  expect(stdout).toBe('')
  expect(stderr).toContain(`millrace: ${message}`)
  expect(stderr.trimEnd()).not.toContain('\n')
  expect(code).toBe(2)
})

test('help and version go to stdout', async () => {
  expect(await millrace('--version')).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
  const help = await millrace('--help')
  expect(help.stdout).toMatch(/^usage: millrace COMMAND/)
  expect(await millrace()).toEqual(help)
  expect(await millrace('tail', '--help')).toEqual(help)
})

test('a server that says more than a status writes nothing to the terminal but words', async () => {
  const hostile = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ id: 'x', status: 'run\u001b]0;title\u0007ning\nfine', asks: [] }))
  })
  await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${String((hostile.address() as AddressInfo).port)}/runs/AAAAAAAAAAAAAAAAAAAAAA`
    expect((await millrace('cancel', url)).stdout).toBe('running fine, and told to stop\n')
    expect((await millrace('signal', url, 'approval', '{}')).stdout).toBe('running fine\n')
  } finally {
    hostile.close()
  }
})
