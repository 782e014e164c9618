import { expect, test } from 'vitest'
import type { Entry } from '../../event/run-event.ts'
import { all, coming } from '../../../../../test/support/processing.ts'
import { collect } from './collect.ts'
import { highlight } from './highlight.ts'

const delta = (text: string, kind = 'text'): Entry => ({ type: 'delta', block: 0, kind, nth: 0, text, offset: 0 })
const source = (title: string): Entry => ({ type: 'source', title, relevance: 0.5, offset: 0 })
const ENTRIES: readonly Entry[] = [delta('hm', 'reasoning'), delta('The mi'), source('Mills'), delta('ll'), { type: 'end', status: 'completed', offset: 0 }]

test('text and sources are gathered while the text is read on', async () => {
  const answer = collect(coming(ENTRIES))
  expect(await all(highlight(answer, ['mill']))).toEqual([{ text: 'The ' }, { text: 'mill', match: 'mill' }])
  expect(answer).toMatchObject({ text: 'The mill', sources: [{ title: 'Mills', relevance: 0.5 }] })
})

test('or all at once', async () => {
  expect(await collect(coming(ENTRIES)).all()).toMatchObject({ text: 'The mill', sources: [{ title: 'Mills', relevance: 0.5 }] })
  expect((await collect(coming(['The ', 'mill'])).all()).text).toBe('The mill')
})

const RESTARTED: readonly Entry[] = [delta('old'), source('Old'), { type: 'attempt', n: 2, offset: 0 }, delta('new')]

test('a run that begins anew is gathered anew', async () => {
  expect(await collect(coming(RESTARTED)).all()).toMatchObject({ text: 'new', sources: [] })
})

test('text that was given out cannot be taken back', async () => {
  await expect(all(collect(coming(RESTARTED)))).rejects.toMatchObject({ code: 'reset' })
})
