import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'millrace/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Command, millrace, Server } from './support.ts'

let server: Server
beforeAll(async () => {
  server = await Server.start()
})
afterAll(() => server.kill())

const PATIENCE = { timeout: 20_000 }

test('tail writes the text to stdout, the rest to stderr and the sources below', async () => {
  const id = await server.run('answer')
  const { code, stdout, stderr } = await millrace('tail', `${server.url}/runs/${id}`)
  expect(stdout).toBe('A millrace leads water to a wheel.\n')
  expect(stderr).toBe(
    [
      'connecting',
      'connected',
      'searching',
      'documents [##########..........] 50 % 1/2',
      'documents [####################] 100 % 2/2 completed',
      '[1] Water mills https://example.org/mills',
      '',
    ].join('\n'),
  )
  expect(code).toBe(0)
})

test('tail says in one line how a run failed, and exits with 1', async () => {
  const id = await server.run('answer', 'failure')
  const { code, stdout, stderr } = await millrace('tail', server.url, id)
  expect(stdout).toBe('A millrace leads water to a wheel.\n')
  expect(stderr).toMatch(/\nthe run failed: The river is dry\. \(no_water\)\n$/)
  expect(code).toBe(1)
})

test('tail exits with 1 when somebody cancels the run', async () => {
  const id = await server.run('gated')
  const tail = new Command('tail', server.url, id)
  await vi.waitUntil(() => tail.stdout === 'before ', PATIENCE)
  await createClient(server.url).open(id).cancel()
  const { code, stderr } = await tail.outcome()
  expect(stderr).toMatch(/the run was cancelled\n$/)
  expect(code).toBe(1)
})

test('Ctrl-C leaves the run running and says where to go on', async () => {
  const id = await server.run('gated')
  const tail = new Command('tail', server.url, id)
  await vi.waitUntil(() => tail.stdout === 'before ', PATIENCE)
  tail.interrupt()
  const { code, stderr } = await tail.outcome()
  expect(code).toBe(130)
  const cursor = /the run goes on: millrace tail \S+ --from (\S+)\n$/.exec(stderr)?.[1]
  expect(cursor).toMatch(/^[0-9a-f]{8}-\d+$/)
  const run = createClient(server.url).open(id)
  expect((await run.snapshot()).status).toBe('running')
  await run.cancel()
  const rest = await millrace('tail', server.url, id, '--from', cursor!, '--json')
  expect(rest.stdout.split('\n').map((line) => (line === '' ? '' : (JSON.parse(line) as { type: string }).type))).not.toContain('start')
})

test('tail from the end of an ended run says how it ended', async () => {
  const id = await server.run('answer', 'failure')
  await createClient(server.url).open(id).result
  const all = createClient(server.url).open(id).batches()
  while (!(await all.next()).done);
  const { code, stdout, stderr } = await millrace('tail', server.url, id, '--from', all.cursor)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/the run failed: The river is dry\. \(no_water\)\n$/)
  expect(code).toBe(1)
})

test('tail --json writes one entry a line, without characters a terminal obeys', async () => {
  const id = await server.run('hostile')
  const { code, stdout } = await millrace('tail', server.url, id, '--json')
  const entries = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { type: string; text?: string; offset: number })
  expect(entries[0]).toEqual({ type: 'start', run: id, kind: 'hostile', offset: 1 })
  expect(entries.at(-1)).toMatchObject({ type: 'end', status: 'completed' })
  expect(entries.find(({ type }) => type === 'delta')?.text).toBe('plain \x1b[31mred\x1b[0m \x9b1mbold\x07\ttab\r\n')
  expect(stdout).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/)
  expect(code).toBe(0)
})

test('what a model says cannot drive the terminal', async () => {
  const id = await server.run('hostile')
  const { stdout, stderr } = await millrace('tail', server.url, id)
  expect(stdout).toBe('plain red bold\ttab\n')
  expect(stderr).toBe('connecting\nconnected\ncleared\n')
})

test('tail goes on through a killed and restarted server', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'))
  const file = [join(folder, 'log.db')]
  let mortal = await Server.start({ file })
  try {
    const id = await mortal.run('gated')
    const tail = new Command('tail', `${mortal.url}/runs/${id}`)
    await vi.waitUntil(() => tail.stdout === 'before ', PATIENCE)
    await mortal.kill()
    await vi.waitUntil(() => tail.stderr.includes('connection lost, reconnecting'), PATIENCE)
    mortal = await Server.start({ port: new URL(mortal.url).port, file })
    mortal.openGate()
    const { code, stdout, stderr } = await tail.outcome()
    expect(stdout).toBe('before after')
    expect(stderr).toBe('connecting\nconnected\nconnection lost, reconnecting\nconnected again\n')
    expect(code).toBe(0)
  } finally {
    await mortal.kill()
    await rm(folder, { recursive: true })
  }
})

test('tail ends quietly when whoever reads it has seen enough', async () => {
  const id = await server.run('endless')
  const tail = new Command('tail', server.url, id)
  await vi.waitUntil(() => tail.stdout.length > 0, PATIENCE)
  tail.closeOutput()
  const { code, stderr } = await tail.outcome()
  expect(stderr).toBe('connecting\nconnected\n')
  expect(code).toBe(0)
  await createClient(server.url).open(id).cancel()
})
