import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import { createClient } from 'millrace/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startExample, type Example } from '../support/example.ts'

const runFile = promisify(execFile)

interface Snapshot {
  readonly status: string
  readonly text: string
  readonly asks?: readonly { readonly id: string; readonly signal: string; readonly message: string }[]
}

let folder: string
let example: Example
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-tools-'))
  example = await startExample('tools', { STORE: join(folder, 'log.db') })
})
afterAll(async () => {
  await example[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function curl(path: string, ...args: readonly string[]): Promise<Snapshot & { readonly id: string }> {
  const { stdout } = await runFile('curl', ['--silent', '--show-error', '-H', 'Content-Type: application/json', ...args, `${example.url}${path}`])
  return JSON.parse(stdout) as Snapshot & { readonly id: string }
}

async function asked(run: string): Promise<NonNullable<Snapshot['asks']>[number]> {
  return vi.waitUntil(async () => (await curl(`/runs/${run}`)).asks?.[0], { timeout: 10_000 })
}

test('a run waits for an approval over a killed server, and goes on with it, all by curl', async () => {
  const { id } = await curl('/runs/clerk', '-H', 'Prefer: respond-async', '-d', '{"to":"Ada"}')
  const question = await asked(id)
  expect(question).toMatchObject({ id: `call_${id}`, signal: 'approval', message: 'Send a letter to Ada?' })
  await example.kill()
  example = await startExample('tools', { STORE: join(folder, 'log.db') })
  expect(await asked(id)).toEqual(question)
  await curl(`/runs/${id}/signals`, '-d', JSON.stringify({ type: 'approval', id: question.id, data: { approved: true } }))
  await vi.waitUntil(async () => (await curl(`/runs/${id}`)).status === 'completed', { timeout: 10_000 })
  expect(await curl(`/runs/${id}`)).toMatchObject({
    text: 'Done.', blocks: [{ kind: 'tool_call', text: '{"to":"Ada"}' }, { kind: 'tool_result', text: 'A letter to Ada is on its way.' }, { kind: 'text' }],
  })
})

test('of two devices that answer at once the first is heard, and both are told what it said', async () => {
  const run = await createClient(example.url).start('clerk', { to: 'Ben' })
  const approve = (word: string): Promise<string> => runFile(process.execPath, ['examples/tools/approve.mjs', example.url, run.id, word]).then(({ stdout }) => stdout)
  const [yes, no] = await Promise.all([approve('yes'), approve('no')])
  expect(yes).toMatch(/^What counts: I said (yes|no)\n$/)
  expect(no).toBe(yes)
  const { status, blocks, text } = await run.result
  const outcome = yes.includes('yes') ? ['Done.', 'A letter to Ben is on its way.'] : ['Then I will not.', 'I said no']
  expect([status, text, blocks.find(({ kind }) => kind === 'tool_result')?.text]).toEqual(['completed', ...outcome])
})

test('a run hands its call back, and the client that asks again with the result is answered', async () => {
  const client = new Anthropic({ apiKey: 'any', baseURL: example.url })
  const question = { role: 'user', content: 'Ada' } as const
  const first = await client.messages.stream({ model: 'any', max_tokens: 100, messages: [question] }).finalMessage()
  expect(first).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'send_letter', input: { to: 'Ada' } }] })
  const result = { type: 'tool_result', tool_use_id: (first.content[0] as Anthropic.ToolUseBlock).id, content: 'sent by hand' } as const
  const second = await client.messages.stream({
    model: 'any', max_tokens: 100, messages: [question, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
  }).finalMessage()
  expect(second).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text', text: 'I was told: sent by hand' }] })
})
