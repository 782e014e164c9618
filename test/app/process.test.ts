import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAIN, startApp, startAppIn } from '../support/application.ts'
import type { App } from '../support/application.ts'
import { rawRequest } from '../support/raw-request.ts'

let app: App
beforeAll(async () => {
  app = await startApp('--store', 'memory:', '--pace', '0')
})
afterAll(() => app.kill())

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
function run(flags: readonly string[], env = process.env): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...flags], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}

test('says what is indexed, where the log is and, last, where it listens', () => {
  const lines = app.output.trim().split('\n')
  expect(lines[0]).toMatch(/^Indexed \d+ documents in \d+ passages from Millrace's own documents$/)
  expect(lines[1]).toBe('The log is kept in memory and is gone when this process ends')
  expect(lines.at(-1)).toBe(`Millrace is ready at http://127.0.0.1:${String(app.port)}`)
})

test('a wrong flag is one line and exit code 2', async () => {
  for (const flags of [['--prot', '1'], ['--docs', '/nowhere/at/all'], ['--host', '0.0.0.0'], ['--store', 'sqlite:/dev/null/log.db']]) {
    const { code, stdout, stderr } = await run(flags)
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1])
  }
})

test('a model that cannot answer here is one line that says what to do, and exit code 2', async () => {
  const bare = { ...process.env, OPENAI_API_KEY: '', OPENAI_BASE_URL: '', ANTHROPIC_API_KEY: '', ANTHROPIC_BASE_URL: '' }
  for (const [model, advice] of [
    ['openai:any', 'OPENAI_API_KEY'], ['anthropic:any', 'ANTHROPIC_API_KEY'], ['gguf:/nowhere.gguf', '/nowhere.gguf'], ['onnx:/nowhere', '/nowhere/config.json'],
  ] as const) {
    const { code, stdout, stderr } = await run(['--store', 'memory:', '--model', model], bare)
    // Without its package it is the package that is missing.
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1])
    expect(stderr.includes(advice) || stderr.includes('npm')).toBe(true)
    expect(stderr.startsWith(`--model ${model}: `)).toBe(true)
  }
})

test('a model of a vendor needs nothing but its key to start', async () => {
  const other = await startAppIn({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }, '--store', 'memory:', '--model', 'openai:any')
  expect(other.output).toContain('Answers are written by openai:any\n')
  const response = await fetch(`${other.url}/models`)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  const { current, models } = (await response.json()) as { current: string; models: { model: string; missing: string | null; isCurrent: boolean }[] }
  expect(current).toBe('openai:any')
  expect(models.filter(({ isCurrent }) => isCurrent)).toMatchObject([{ model: 'openai:NAME', missing: null }])
  expect(models.map(({ model }) => model)).toEqual(['extract', 'tiny', 'gguf:FILE', 'onnx:DIR', 'openai:NAME', 'anthropic:NAME'])
  await other.kill()
})

test('--help shows the flags', async () => {
  const { code, stdout } = await run(['--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('--behind-proxy')
})

test('a taken port: the next free one, said plainly', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const next = await startApp('--store', 'memory:', '--port', String(port))
  expect(next.port).toBeGreaterThan(port)
  expect(next.output).toContain(`Port ${String(port)} is taken, so this is port ${String(next.port)}\n`)
  await next.kill()
  taken.close()
})

test('a signal ends it cleanly, also while somebody reads', async () => {
  const other = await startApp('--store', 'memory:', '--pace', '1')
  const response = await fetch(`${other.url}/chat/stream`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"message":"How does a reader resume?"}',
  })
  expect(response.status).toBe(200)
  const cut = response.text().then(() => 'whole', () => 'cut')
  expect(await other.kill('SIGTERM')).toBe(0)
  expect(await cut).toBe('cut')
})

test('a foreign host and forwarded requests are refused on every route', async () => {
  for (const path of ['/', '/runs', '/docs/README.md']) {
    expect((await rawRequest(app.url + path, { host: 'evil.example' })).status).toBe(403)
    expect((await rawRequest(app.url + path, { 'x-forwarded-for': '10.0.0.1' })).status).toBe(403)
  }
  expect((await rawRequest(app.url, { host: `localhost:${String(app.port)}` })).status).toBe(200)
})

test('says what it skipped, with nothing in a name that a terminal obeys', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-names-'))
  await writeFile(join(folder, 'a\u001b[2J.md'), 'a\0b')
  await writeFile(join(folder, 'b.md'), '# B\n\nWords.')
  const other = await startApp('--store', 'memory:', '--docs', folder)
  expect(other.output).toContain('Indexed 1 document in 1 passage from ')
  expect(other.output).toContain('Skipped 1 file: a\\u{1b}[2J.md (not text)\n')
  await other.kill()
  await rm(folder, { recursive: true, force: true })
})

test.each([
  ['/chat/stream', { message: 'How does a reader resume?' }],
  ['/v1/messages', { model: 'x', max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'text', text: 'How does a reader resume?' }] }], stream: true }],
])('%s streams the events of the Anthropic protocol in their order', async (path, body) => {
  const response = await fetch(app.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(response.headers.get('millrace-run')).toMatch(/^[\w-]{22}$/)
  expect(response.headers.get('cache-control')).toBe('private, no-store, no-transform')
  expect(response.headers.get('x-accel-buffering')).toBe('no')
  const events = [...(await response.text()).matchAll(/^event: (\w+)$/gm)].map((match) => match[1])
  expect(events.filter((event, at) => event !== events[at - 1])).toEqual([
    'message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop',
  ])
})

test('an answer by /chat/stream is of the kind that stops when nobody reads it, one of the page or /v1/messages is not', async () => {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(app.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    await response.text()
    const { runs } = (await (await fetch(`${app.url}/runs?kind=chat`)).json()) as { runs: { id: string }[] }
    return runs.some(({ id }) => id === response.headers.get('millrace-run'))
  }
  expect(await ask('/chat/stream', { message: 'How does a reader resume?' })).toBe(true)
  expect(await ask('/runs/answer', { message: 'How does a reader resume?' })).toBe(false)
  expect(await ask('/v1/messages', { messages: [{ role: 'user', content: 'How does a reader resume?' }], stream: true })).toBe(false)
})

const IN_WORDS: unknown = expect.stringMatching(/^(Send|The question|A question|There is no text)/)

test.each([
  ['no question', '/chat/stream', {}],
  ['a number', '/chat/stream', { message: 1 }],
  ['only spaces', '/chat/stream', { message: '  ' }],
  ['a question that is too long', '/chat/stream', { message: 'x'.repeat(8001) }],
  ['no messages', '/v1/messages', { messages: [] }],
  ['a message without text', '/v1/messages', { messages: [{ role: 'user', content: [] }] }],
])('%s is refused in plain words and in that vendor’s form, by %s', async (_what, path, body) => {
  const response = await fetch(app.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(response.status).toBe(422)
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error', code: 'invalid_input', message: IN_WORDS } })
})

test('a bare string is refused in plain words', async () => {
  const response = await fetch(`${app.url}/runs/answer`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '"text"' })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(await response.json()).toMatchObject({ status: 422, code: 'invalid_input', detail: IN_WORDS })
})
