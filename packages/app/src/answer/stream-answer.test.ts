import type { Json, Said as AnySaid } from 'millrace'
import { expect, test } from 'vitest'
import { toDocument } from '../search/passages.ts'
import { SearchIndex } from '../search/search-index.ts'
import { extractWriter } from './extract.ts'
import { streamAnswer } from './stream-answer.ts'
import type { Predecessor } from './stream-answer.ts'

const DOCUMENT = '# The mill\n\nWater turns the wheel. The wheel turns the stone.\n\n```\nturn(wheel)\n```\n\n# Ice\n\nIce stops the wheel.'
const index = new SearchIndex([toDocument('mill.md', DOCUMENT)])

type Spoken = Exclude<AnySaid, Uint8Array>
type Log = (Spoken | { readonly type: 'checkpoint'; readonly state: Json })[]

/** Everything a run says and saves, in order; stopped after `stopAfter` of it. */
async function run(before: Predecessor | null = null, signal: AbortSignal = new AbortController().signal, pace = 0): Promise<Log> {
  const log: Log = []
  const checkpoint = (state: Json): void => {
    log.push({ type: 'checkpoint', state })
  }
  for await (const said of streamAnswer({ question: 'wheel', history: [], index, writer: extractWriter(pace), signal, before, checkpoint })) log.push(said as Spoken)
  return log
}

const textOf = (log: Log): string => log.filter((said) => typeof said === 'string').join('')
const sourcesOf = (log: Log): Log => log.filter((said) => typeof said !== 'string' && said.type === 'source')

test('says its stages, then the text, then the sources', async () => {
  const log = await run()
  const types = log.map((said) => (typeof said === 'string' ? 'text' : said.type)).filter((type) => type !== 'progress').filter((type, at, all) => type !== all[at - 1])
  expect(types).toEqual(['question', 'status', 'checkpoint', 'status', 'text', 'checkpoint', 'source'])
  expect(textOf(log)).toContain('Water turns the wheel.')
  expect(sourcesOf(log).length).toBe(2)
})

test('whoever takes over at any place says exactly the rest', async () => {
  const whole = await run()
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const first = whole.slice(0, cut)
    const checkpoint = first.flatMap((said) => (typeof said !== 'string' && said.type === 'checkpoint' ? [said.state] : [])).at(-1)
    const rest = await run({ checkpoint, text: textOf(first), sources: sourcesOf(first).length })
    expect(textOf(first) + textOf(rest)).toBe(textOf(whole))
    expect([...sourcesOf(first), ...sourcesOf(rest)]).toEqual(sourcesOf(whole))
  }
})

test('a successor goes by what was saved, not by an index that has changed', async () => {
  const text = 'Saved words.'
  const rest = await run({ checkpoint: { by: null, plan: { text, sources: [] }, isWritten: false }, text: 'Saved', sources: 0 })
  expect(textOf(rest)).toBe(' words.')
})

test('goes on with an answer that was stopped, though nothing of it was saved', async () => {
  const whole = textOf(await run())
  const rest = await run({ checkpoint: undefined, text: whole.slice(0, 20), sources: 0 })
  expect(whole.slice(0, 20) + textOf(rest)).toBe(whole)
})

test('refuses to go on after a text that is not its own', async () => {
  await expect(run({ checkpoint: { by: null, plan: { text: 'Saved words.', sources: [] }, isWritten: false }, text: 'Other', sources: 0 })).rejects.toThrow()
})

test('refuses to go on after what another writer began', async () => {
  const begun = { by: 'a model', plan: { sources: [] }, isWritten: false }
  await expect(run({ checkpoint: begun, text: 'Saved', sources: 0 })).rejects.toMatchObject({ code: 'model_unavailable' })
})

test('stops as soon as the signal says so, in the middle of a wait', async () => {
  const stop = new AbortController()
  const work = streamAnswer({ question: 'wheel', history: [], index, writer: extractWriter(1), signal: stop.signal, before: null, checkpoint: () => undefined })
  const stages = [await work.next(), await work.next(), await work.next(), await work.next()]
  expect(stages.every((step) => typeof step.value === 'object')).toBe(true)
  const waiting = work.next()
  stop.abort()
  expect(await waiting).toEqual({ done: true, value: undefined })
})
