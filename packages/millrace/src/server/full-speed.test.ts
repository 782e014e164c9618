// A budget: what is said faster than it is written costs its readers their text, and not a frame a token.
import { expect, test } from 'vitest'
import { testApp } from '../../../../test/support/app.ts'
import { ACCEPTS, framesIn, said, type Framing } from '../../../../test/support/frames.ts'
import { MILLRACE_RUN } from '../protocol/headers.ts'
import { defineRun } from '../run/define.ts'

const TOKENS = 2_000
const TEXT_SIZE = TOKENS * 5

const words = defineRun({
  async *run() {
    for (let n = 0; n < TOKENS; n += 1) yield 'word '
  },
})

test.each<Framing>(['sse', 'ndjson', 'framed'])('2,000 tokens said at full speed are few bytes more than their text, as %s, and resume within', async (framing) => {
  await using server = testApp({ runs: { words } })
  const headers = { Accept: ACCEPTS[framing], 'Content-Type': 'application/json' }
  const response = await server.ask('/runs/words', { method: 'POST', headers, body: '{}' })
  const run = response.headers.get(MILLRACE_RUN) ?? ''
  const live = new Uint8Array(await response.arrayBuffer())
  expect(live.length).toBeLessThan(TEXT_SIZE * 1.3)
  const frames = framesIn(live, framing)
  expect(frames.at(-1)?.data).toMatchObject({ type: 'end', status: 'completed' })
  const epoch = frames[0]?.cursor?.split('-')[0] ?? ''
  // A place that this reader was told no cursor of; another one, on another node, may have been.
  const rest = await server.ask(`/runs/${run}?after=${epoch}-1000`, { headers: { Accept: ACCEPTS[framing] } })
  const text = JSON.stringify(said(framesIn(new Uint8Array(await rest.arrayBuffer()), framing)))
  expect(text.split('word ').length - 1).toBe(TOKENS - (1000 - 2))
})
