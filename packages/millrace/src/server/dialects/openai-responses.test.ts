import { createParser } from 'eventsource-parser'
import { expect, test } from 'vitest'
import { openaiResponses } from '../../dialect/openai-responses.ts'
import { defineRun } from '../../run/define.ts'
import { posting, testApp, type TestApp } from '../../../../../test/support/app.ts'
import { everything, Log } from '../../../../../test/support/log.ts'
import { Script } from '../../../../../test/support/script.ts'

const PATH = '/v1/responses'
const route = { kind: 'answer', dialect: openaiResponses, input: () => null }
const other = defineRun({ run: () => Promise.resolve(null) })

function serverOf(script = new Script()): TestApp {
  return testApp({ runs: { answer: script.kind, other }, routes: { [PATH]: route } })
}

interface Read {
  readonly type: string
  readonly sequence_number: number
  readonly [field: string]: unknown
}

/** The events of a body, as somebody else's parser reads them. */
function eventsIn(text: string): Read[] {
  const events: Read[] = []
  createParser({ onEvent: ({ data }) => events.push(JSON.parse(data) as Read) }).feed(text)
  return events
}

async function readFrom(server: TestApp, id: string, number?: number, headers: HeadersInit = {}): Promise<Read[]> {
  const response = await server.ask(`${PATH}/${id}?stream=true${number === undefined ? '' : `&starting_after=${String(number)}`}`, { headers })
  expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'text/event-stream'])
  return eventsIn(await response.text())
}

/** What events say, whatever pieces a text came in, and by which numbers. */
function said(events: readonly Read[]): unknown[] {
  const out: unknown[] = []
  let text = ''
  for (const { type, delta, sequence_number: _number, ...rest } of events) {
    if (typeof delta === 'string') text += delta
    else out.push(text, type, rest)
    if (typeof delta !== 'string') text = ''
  }
  return [...out, text]
}

async function writtenLog({ store }: TestApp): Promise<Log> {
  const log = await Log.begin(store)
  for (const [index, part] of everything.entries()) {
    if (index === 4) await log.takeOver()
    await log.say(...part)
  }
  await log.end({ status: 'completed', usage: { input: 1, output: 2 } })
  return log
}

test('after every number comes exactly what follows it, before and after the log was sealed', async () => {
  await using server = serverOf()
  const log = await writtenLog(server)
  const id = `resp_${log.run}`
  const fresh = await readFrom(server, id)
  const resumed = async (): Promise<void> => {
    for (const [index, { sequence_number: number }] of fresh.entries()) {
      const rest = await readFrom(server, id, number)
      expect(said([...fresh.slice(0, index + 1), ...rest])).toEqual(said(fresh))
      expect(rest.every((event) => event.sequence_number > number)).toBe(true)
    }
  }
  await resumed()
  await log.seal()
  const sealed = await readFrom(server, id)
  expect(sealed.length).toBeLessThan(fresh.length)
  expect(said(sealed)).toEqual(said(fresh))
  await resumed()
})

test('who resumes by a number while the run goes on gets the rest as it is said', async () => {
  await using server = serverOf()
  const log = await Log.begin(server.store)
  await log.say('one ', 'two ')
  const reading = readFrom(server, `resp_${log.run}`, 300)
  await log.say('three')
  await log.end()
  const events = await reading
  expect(events[0]).toMatchObject({ type: 'response.output_text.delta', sequence_number: 400, delta: 'two ' })
  expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } })
})

test('after the last number there is nothing, in a body that may be read', async () => {
  await using server = serverOf()
  const id = `resp_${(await writtenLog(server)).run}`
  const number = (await readFrom(server, id)).at(-1)?.sequence_number
  expect(await readFrom(server, id, number)).toEqual([])
  expect(await readFrom(server, id, 0)).toEqual(await readFrom(server, id))
})

test('a number that no event has is refused, and one beyond the log says that it is another log', async () => {
  await using server = serverOf()
  const log = await writtenLog(server)
  const refusals = await Promise.all(['x', '-1', '1.5', '150', '9'.repeat(16), String((log.tail + 1) * 100)].map(async (number) => {
    const response = await server.ask(`${PATH}/resp_${log.run}?stream=true&starting_after=${number}`)
    const { error } = (await response.json()) as { error: { code: string } }
    return [response.status, error.code, response.headers.get('x-should-retry')]
  }))
  expect(refusals).toEqual([...Array.from({ length: 5 }, () => [400, 'invalid_cursor', null]), [409, 'reset', 'false']])
})

test('the SSE id beats the number, and knows when the log is another one', async () => {
  await using server = serverOf()
  const log = await writtenLog(server)
  const id = `resp_${log.run}`
  const response = await server.ask(`${PATH}/${id}?stream=true`)
  const ids = [...(await response.text()).matchAll(/^id: (.*)$/gm)].map(([, cursor = '']) => cursor)
  const fresh = await readFrom(server, id)
  expect(await readFrom(server, id, fresh[0]?.sequence_number, { 'Last-Event-ID': ids[9]! })).toEqual(fresh.slice(10))
  const strange = await server.ask(`${PATH}/${id}?stream=true`, { headers: { 'Last-Event-ID': ids[9]!.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) } })
  expect(strange.status).toBe(409)
})

test('who reads from the start reads the newest attempt, and who was there before is told', async () => {
  await using server = serverOf()
  const log = await Log.begin(server.store)
  await log.say('old')
  await log.takeOver()
  await log.beginAnew(2)
  await log.say('new')
  await log.end()
  const id = `resp_${log.run}`
  const fresh = await readFrom(server, id)
  expect(fresh.map(({ type }) => type)).not.toContain('error')
  expect(fresh[0]).toMatchObject({ type: 'response.created', sequence_number: 401 })
  expect(fresh.filter(({ delta }) => delta !== undefined).map(({ delta }) => delta)).toEqual(['new'])
  const [first, ...rest] = await readFrom(server, id, 300)
  expect(first).toMatchObject({ type: 'error', code: 'attempt', sequence_number: 400 })
  expect(rest).toEqual(fresh)
})

test('a response is there only to its owner, under its own id, and at the route of its kind', async () => {
  await using server = serverOf()
  const log = await writtenLog(server)
  const id = `resp_${log.run}`
  const ofOther = (await server.app.start('other', null, { principal: 'ada' })).id
  const asked = [[id, 'eve'], [log.run, 'ada'], [`resp_${ofOther}`, 'ada'], ['resp_', 'ada'], ['resp_nothing', 'ada']] as const
  for (const [named, user] of asked) {
    for (const [path, method] of [[named, 'GET'], [`${named}?stream=true`, 'GET'], [`${named}/cancel`, 'POST'], [named, 'DELETE']] as const) {
      const response = await server.ask(`${PATH}/${path}`, { method, headers: { 'X-User': user } })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', code: 'not_found', param: null } })
    }
  }
  expect((await server.ask(`${PATH}/${id}`)).status).toBe(200)
  expect((await server.ask(`${PATH}/${id}/input_items`)).status).toBe(404)
  expect((await server.ask(`${PATH}/${id}/cancel/again`, { method: 'POST' })).status).toBe(404)
})

test('a response is told as it stands, is cancelled from elsewhere, and is deleted', async () => {
  const script = new Script()
  await using server = serverOf(script)
  const started = await server.ask(PATH, posting({ background: true }, { Accept: 'application/json' }))
  const { id, status } = (await started.json()) as { id: string; status: string }
  expect(['queued', 'in_progress']).toContain(status)
  script.say('so far')
  const told = async (): Promise<unknown> => (await server.ask(`${PATH}/${id}`)).json()
  await expect.poll(told).toMatchObject({ status: 'in_progress', output: [{ status: 'in_progress', content: [{ text: 'so far' }] }] })
  const cancelled = await server.ask(`${PATH}/${id}/cancel`, { method: 'POST' })
  expect(await cancelled.json()).toMatchObject({ id, status: 'cancelled', output: [{ content: [{ text: 'so far' }] }] })
  expect(await told()).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } })
  const again = await server.ask(`${PATH}/${id}/cancel`, { method: 'POST' })
  expect(await again.json()).toMatchObject({ status: 'cancelled' })
  const deleted = await server.ask(`${PATH}/${id}`, { method: 'DELETE' })
  expect([deleted.status, await deleted.json()]).toEqual([200, { id, object: 'response', deleted: true }])
  expect((await server.ask(`${PATH}/${id}`)).status).toBe(410)
})

test('a response that is deleted while it goes on is cancelled first', async () => {
  const script = new Script()
  await using server = serverOf(script)
  const started = await server.ask(PATH, posting({ background: true }, { Accept: 'application/json' }))
  const { id } = (await started.json()) as { id: string }
  expect((await server.ask(`${PATH}/${id}`, { method: 'DELETE' })).status).toBe(200)
  expect((await server.ask(`${PATH}/${id}`)).status).toBe(410)
})
