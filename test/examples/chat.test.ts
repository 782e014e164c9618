import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { ConversationInfo, TurnList } from '../../packages/millrace/src/chat/index.ts'
import { startExample } from '../support/example.ts'
import { continuing } from '../support/model/continuing.ts'
import { startModelServer } from '../support/model/server.ts'

const MAIN = fileURLToPath(new URL('../../examples/chat/main.mjs', import.meta.url))

test('the chat’s example answers in chunks and whole, asks otherwise, tells what was said and keeps every end', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN])
  expect(stderr).toBe('')
  expect(stdout.split('\n')).toEqual([
    'a run is one unit of work, with one log.', '[Runs, 0.9]',
    'Besides, a log is what everything else is a projection of.',
    '500 Nobody knows.',
    'What is a run?',
    '  What is a run? → a run is one unit of work, with one log.',
    '  And what is a log? → Besides, a log is what everything else is a projection of.',
    '  And what is a run, again? → Besides, a run is one unit of work, with one log.',
    '4 ends were kept elsewhere',
    '',
  ])
})

const ANSWER = 'Because the log is the truth, and everything else is a projection of it.'

test('a chat with a model goes on with its answer after its process was killed, and tells of both what was asked', async () => {
  await using server = await startModelServer()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chat-'))
  const env = { MODEL_URL: `${server.url}/v1`, STORE: join(folder, 'log.db') }
  server.answers = continuing(ANSWER, 30)
  const first = await startExample('chat', env, 'model.mjs')
  const { conversationId } = (await sent(`${first.url}/chat/conversations`, {})) as ConversationInfo
  const path = `/chat/conversations/${conversationId}/turns`
  await sent(first.url + path, { query: 'Why?' })
  await vi.waitUntil(async () => (await told(first.url + path)).turns[0]?.content !== '', { timeout: 10_000 })
  await first.kill()
  await using second = await startExample('chat', env, 'model.mjs')
  await vi.waitUntil(async () => (await told(second.url + path)).turns[0]?.status === 'completed', { timeout: 20_000 })
  expect(await told(second.url + path)).toMatchObject({ conversation: { title: 'Why?' }, turns: [{ query: 'Why?', content: ANSWER, parent: null }] })
  await second.kill()
  await rm(folder, { recursive: true })
}, 60_000)

async function sent(url: string, body: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', Prefer: 'respond-async' }
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

async function told(url: string): Promise<TurnList> {
  return (await (await fetch(url)).json()) as TurnList
}
