import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startApp } from '../support/application.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-key-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function ask(url: string, message: string, key: string): Promise<{ status: number; run: string; text: string }> {
  const response = await fetch(new URL('/chat/stream', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ message }),
  })
  return { status: response.status, run: response.headers.get('Millrace-Run') ?? '', text: await response.text() }
}

/** What a reader was told, whatever the frames it came in. */
function textOf(stream: string): string {
  const deltas = [...stream.matchAll(/^data: (.*"text_delta".*)$/gm)].map(([, json = '']) => JSON.parse(json) as { delta: { text: string } })
  return deltas.map(({ delta }) => delta.text).join('')
}

test('the same key is one run, at once and after the server was killed; with another question it is refused', async () => {
  const store = ['--store', `sqlite:${join(folder, 'log.db')}`, '--pace', '0']
  const first = await startApp(...store)
  const asked = await Promise.all(Array.from({ length: 5 }, () => ask(first.url, 'How does a reader resume?', 'order-7')))
  expect(new Set(asked.map(({ run }) => run)).size).toBe(1)
  const other = await ask(first.url, 'How does a reader resume?', 'order-8')
  expect(other.run).not.toBe(asked[0]?.run)
  await first.kill('SIGKILL')

  const second = await startApp(...store)
  const again = await ask(second.url, 'How does a reader resume?', 'order-7')
  expect([again.status, again.run]).toEqual([200, asked[0]?.run])
  expect(textOf(again.text)).toBe(textOf(asked[0]?.text ?? ''))
  expect(textOf(again.text).length).toBeGreaterThan(100)
  const changed = await ask(second.url, 'Something else?', 'order-7')
  expect(changed.status).toBe(422)
  expect(JSON.parse(changed.text)).toMatchObject({ type: 'error', error: { code: 'key_reused' } })
  const { runs } = (await (await fetch(new URL('/runs', second.url))).json()) as { runs: unknown[] }
  expect(runs.length).toBe(2)
  await second.kill()
})
