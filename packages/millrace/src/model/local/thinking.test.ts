import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Said } from '../../run/said.ts'
import { Thinking } from './thinking.ts'

function said(pieces: readonly string[], mayThink = true): { readonly reasoning: string; readonly text: string } {
  const thinking = new Thinking(mayThink)
  const all = { reasoning: '', text: '' }
  const add = (one: Said): void => {
    if (typeof one === 'string') all.text += one
    else all.reasoning += (one as { readonly text: string }).text
  }
  for (const piece of pieces) for (const one of thinking.push(piece)) add(one)
  for (const one of thinking.end()) add(one)
  return all
}

/** Cut anywhere, in any number of pieces. */
function cut(text: string, at: readonly number[]): string[] {
  const places = [0, ...at.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length]
  return places.slice(1).map((place, n) => text.slice(places[n], place))
}

const words = fc.stringMatching(/^[a-z<>/ think]{0,30}$/).filter((text) => !/think>/.test(text) && !text.endsWith('<'))
const places = fc.array(fc.nat(100), { maxLength: 8 })

test('reasoning and answer are told apart, wherever the marks are cut', () => {
  fc.assert(fc.property(words, words, places, (reasoning, text, at) => {
    expect(said(cut(`<think>${reasoning}</think>\n\n${text.trim()}`, at))).toEqual({ reasoning, text: text.trim() })
  }))
})

test('a model that does not think answers, and so does one whose answer has begun', () => {
  fc.assert(fc.property(words, places, (text, at) => {
    expect(said(cut(text, at))).toEqual({ reasoning: '', text })
    expect(said(cut(`<think>${text}`, at), false)).toEqual({ reasoning: '', text: `<think>${text}` })
  }))
})

test('cut off in its reasoning, it has said no answer', () => {
  expect(said(['<thi', 'nk>Let me', ' see.</th'])).toEqual({ reasoning: 'Let me see.</th', text: '' })
})

test('nothing waits that cannot be a mark', () => {
  expect([...new Thinking(true).push('Yes')]).toEqual(['Yes'])
  expect([...new Thinking(true).push('<think>Let ')]).toEqual([{ type: 'delta', kind: 'reasoning', text: 'Let ' }])
})
