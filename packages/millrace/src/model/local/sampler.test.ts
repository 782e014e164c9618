import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TOP_K } from './engine.ts'
import { sampler } from './sampler.ts'

/** The one token that is left. */
function chosen(data: Float32Array): number {
  const left = [...data.keys()].filter((token) => data[token] !== -Infinity)
  expect(left).toHaveLength(1)
  return left[0]!
}

const scores = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 200 })

test('the same seed chooses the same tokens, another seed others', () => {
  const data = Array.from({ length: 64 }, (_, n) => Math.sin(n))
  const draw = (seed: number): number[] => {
    const choose = sampler({ temperature: 1, seed })
    return Array.from({ length: 20 }, () => chosen(choose({ data: Float32Array.from(data) }).data))
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('only one of the likeliest is ever chosen, and without temperature the likeliest', () => {
  fc.assert(fc.property(scores, fc.integer(), fc.constantFrom(0, 0.01, 0.8, 5), (list, seed, temperature) => {
    const data = Float32Array.from(list)
    const token = chosen(sampler({ temperature, seed })({ data: data.slice() }).data)
    const better = data.filter((score) => score > data[token]!).length
    expect(better).toBeLessThan(temperature === 0 ? 1 : TOP_K)
  }))
})

test('a token is chosen as often as its share of the chances', () => {
  const choose = sampler({ temperature: 1, seed: 7 })
  const counts = [0, 0, 0]
  for (let n = 0; n < 10_000; n += 1) counts[chosen(choose({ data: Float32Array.from([Math.log(1), Math.log(6), Math.log(3)]) }).data)]! += 1
  expect(counts.map((count) => Math.round(count / 1000))).toEqual([1, 6, 3])
})
