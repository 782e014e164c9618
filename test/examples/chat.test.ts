import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startExample, type Example } from '../support/example.ts'
import { meddlingProxy } from '../support/meddling-proxy.ts'

const ANSWER = 'Technology companies pay income tax of 30 % and VAT of 16 %. A credit is given for research.'

let server: Example
beforeAll(async () => {
  server = await startExample('chat', {}, 'server.mjs')
})
afterAll(() => server[Symbol.asyncDispose]())

async function run(example: string, url: string = server.url): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [`examples/chat/${example}.mjs`, url])
  expect(stderr).toBe('')
  return stdout
}

test('basic streaming: a session, a conversation, and an answer as it comes, with its sources', async () => {
  expect(await run('basic')).toBe(`${ANSWER}\n\nSources:\n- Income Tax Law\n- VAT Law\n`)
})

test('streaming sources: text and citations are collected, and the same answer is read whole', async () => {
  expect(await run('sources')).toBe('Income Tax Law: 0.92 (Legal entities pay tax …)\nVAT Law: 0.81 (no excerpt)\ntrue true\n')
})

test('custom processing: keywords, code and tokens, though the answer is cut in the middle of each', async () => {
  expect(await run('processing')).toBe(
    'Add the <mark>VAT</mark>:\n<pre><code class="language-js">const total = net * 1.16 // &lt;b&gt;VAT&lt;/b&gt;\n</code></pre>Then pay the <mark>tax</mark>.\n31 tokens\n',
  )
})

const TOLD = `${ANSWER}\nThe answer failed: The model is not there.\n`

test('error handling: a failed and a stopped answer are told apart', async () => {
  const told = await run('fallback')
  expect(told.startsWith(TOLD)).toBe(true)
  expect(told.endsWith('\ncancelled\n')).toBe(true)
})

test('fallback: behind what lets no stream through the same is told', async () => {
  await using proxy = await meddlingProxy(server.url, ({ headers }) => (headers.accept === 'text/event-stream' ? 'hang up' : 'pass'))
  const told = await run('fallback', proxy.url)
  expect(told.startsWith(TOLD)).toBe(true)
  expect(proxy.asked.filter((one) => /^POST .*\/turns$/.test(one))).toHaveLength(3)
})

test('backpressure: a slow reader has the server pause, and loses nothing', async () => {
  expect(await run('backpressure')).toBe(
    '[Applying backpressure - pausing stream]\n[Releasing backpressure - resuming stream]\nStream complete! 540000 characters\n',
  )
})
