import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lineup } from './lineup.ts'

const call = (id: string) => ({ kind: 'tool_call', id, name: 'search' }) as const
const start = (id: string) => ({ type: 'block_start', kind: 'tool_call', id, name: 'search' })
const delta = (text: string) => ({ type: 'delta', kind: 'tool_call', text })
const END = { type: 'block_end' }

test('the first of several calls streams, the others follow whole', () => {
  const lineup = new Lineup()
  lineup.open(0, call('a'))
  lineup.open(1, call('b'))
  lineup.add(1, '{"b"')
  lineup.add(0, '{"a"')
  expect(lineup.take().said).toEqual([start('a'), delta('{"a"')])
  lineup.add(1, ':1}')
  lineup.close(1)
  expect(lineup.take().said).toEqual([])
  lineup.add(0, ':1}')
  lineup.close(0)
  expect(lineup.take().said).toEqual([delta(':1}'), END, start('b'), delta('{"b"'), delta(':1}'), END])
})

test('text comes as strings, reasoning as deltas of its kind, and neither is opened or closed', () => {
  const lineup = new Lineup()
  lineup.open('r', { kind: 'reasoning' })
  lineup.add('r', 'hm')
  lineup.close('r')
  lineup.open('t', { kind: 'text' })
  lineup.add('t', 'so')
  lineup.add('t', '')
  expect(lineup.take().said).toEqual([{ type: 'delta', kind: 'reasoning', text: 'hm' }, 'so'])
})

test('a call without input has an empty object for it', () => {
  const lineup = new Lineup()
  lineup.open(0, call('a'))
  lineup.closeAll()
  expect(lineup.take().said).toEqual([start('a'), delta('{}'), END])
})

test('what is held back is counted as heard, in bytes', () => {
  const lineup = new Lineup()
  lineup.open(0, call('a'))
  lineup.open(1, call('b'))
  lineup.take()
  lineup.add(1, 'né')
  expect(lineup.take()).toEqual({ said: [], size: 3 })
  expect(lineup.take().size).toBe(0)
})

test('a call and a source weigh something, whatever they are called', () => {
  const lineup = new Lineup()
  lineup.open(0, { kind: 'tool_call', id: '', name: '' })
  const { size } = lineup.take()
  expect(size).toBeGreaterThan(0)
  lineup.cite({ type: 'source', title: 'né' })
  expect(lineup.take()).toEqual({ said: [{ type: 'source', title: 'né' }], size: size + 3 })
  lineup.say({ type: 'usage', usage: {} })
  expect(lineup.take().size).toBe(0)
})

test('more of a block that is not open is nothing', () => {
  const lineup = new Lineup()
  lineup.add(7, 'lost')
  lineup.close(7)
  expect(lineup.take()).toEqual({ said: [], size: 0 })
})

test('however calls interleave, each is said whole, in its order, and none inside another', () => {
  const calls = fc.array(fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }), { minLength: 1, maxLength: 4 })
  fc.assert(fc.property(calls, fc.infiniteStream(fc.nat()), (texts, order) => {
    const lineup = new Lineup()
    texts.forEach((_, at) => lineup.open(at, call(String(at))))
    const left = texts.map((pieces, at) => ({ at, pieces: [...pieces] }))
    const said: unknown[] = []
    while (left.length > 0) {
      const turn = order.next().value % left.length
      const piece = left[turn]!.pieces.shift()
      if (piece === undefined) lineup.close(left.splice(turn, 1)[0]!.at)
      else lineup.add(left[turn]!.at, piece)
      said.push(...lineup.take().said)
    }
    expect(said).toEqual(texts.flatMap((pieces, at) => [start(String(at)), ...(pieces.length === 0 ? ['{}'] : pieces).map(delta), END]))
  }))
})
