import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { openai } from '../../dialect/openai.ts'
import { openaiResponses } from '../../dialect/openai-responses.ts'
import { defineRun } from '../../run/define.ts'
import { posting, testApp, type TestApp } from '../../../../../test/support/app.ts'
import { everything, Log } from '../../../../../test/support/log.ts'

interface Frame {
  readonly cursor: string | undefined
  readonly data: string
}

async function framesOf(server: TestApp, path: string, init: RequestInit = {}): Promise<Frame[]> {
  return framesIn(await server.ask(path, init))
}

async function framesIn(response: Response): Promise<Frame[]> {
  if (response.status === 204) return []
  expect(response.status).toBe(200)
  const frames: Frame[] = []
  createParser({ onEvent: ({ id, data }) => frames.push({ cursor: id, data }) }).feed(await response.text())
  // What ends the body has no place in the log.
  return frames.filter(({ data }) => data !== '[DONE]')
}

const TEXTS: readonly string[] = ['content', 'reasoning_content', 'arguments', 'delta']

/** What frames say, whatever pieces a text came in. */
function said(frames: readonly Frame[]): unknown[] {
  const out: { readonly frame: string; text: string }[] = []
  for (const { data } of frames) {
    let text = ''
    const frame = JSON.stringify(JSON.parse(data), (key, value: unknown) => {
      if (key === 'sequence_number') return undefined
      if (!TEXTS.includes(key) || typeof value !== 'string') return value
      text += value
      return ''
    })
    const last = out.at(-1)
    if (last?.frame === frame && text !== '') last.text += text
    else out.push({ frame, text })
  }
  return out
}

const dialects = [openai, openaiResponses]

test.each(dialects)('from the cursor of every frame what follows is the rest, before and after sealing: $name', async (dialect) => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  for (const part of everything) await log.say(...part)
  await log.takeOver()
  await log.end({ status: 'completed', usage: { input: 12, output: 40 } })
  const path = `/runs/${log.run}?dialect=${dialect.name}`
  const fresh = await framesOf(server, path)
  await log.seal()
  const sealed = await framesOf(server, path)
  expect(sealed.length).toBeLessThan(fresh.length)
  for (const frames of [fresh, sealed]) {
    for (const [index, { cursor }] of frames.entries()) {
      const rest = await framesOf(server, path, { headers: { 'Last-Event-ID': cursor! } })
      expect(said([...frames.slice(0, index + 1), ...rest])).toEqual(said(fresh))
    }
  }
})

test.each(dialects)('who reads from the start reads the newest attempt that said something, and nobody misses that it began: $name', async (dialect) => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  await log.say('old')
  const path = `/runs/${log.run}?dialect=${dialect.name}`
  const before = await server.ask(path)
  for (const attempt of [2, 3]) {
    await log.takeOver()
    await log.beginAnew(attempt)
  }
  await log.say('new')
  await log.end()
  const fresh = await framesOf(server, path)
  const errors = (frames: readonly Frame[]): number => frames.filter(({ data }) => data.includes('"code":"attempt"')).length
  expect(fresh.map(({ data }) => data).join('')).not.toContain('old')
  expect([errors(fresh), errors(await framesIn(before))]).toEqual([0, 1])
  const [first] = fresh
  expect(await framesOf(server, path, { headers: { 'Last-Event-ID': first!.cursor! } })).toEqual(fresh.slice(1))
})

test('a run that was started and lost sight of is not asked for again, unless by its key', async () => {
  const never = defineRun({ run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)) })
  const answers = await Promise.all([{}, { 'Idempotency-Key': 'one' }].map(async (headers) => {
    const server = testApp({ runs: { never }, routes: { '/chat': { kind: 'never', dialect: openai, input: () => null } } })
    const answer = server.ask('/chat', posting({}, { Accept: 'application/json', ...headers }))
    await expect.poll(async () => ((await (await server.ask('/runs')).json()) as { runs: unknown[] }).runs.length).toBe(1)
    await server.app.close()
    return answer
  }))
  expect(answers.map(({ status, headers }) => [status, headers.get('x-should-retry')])).toEqual([[503, 'false'], [503, null]])
  expect(await answers[0]?.json()).toMatchObject({ error: { type: 'server_error', code: 'closed', param: null } })
})
