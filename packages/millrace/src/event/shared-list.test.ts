import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SharedList } from './shared-list.ts'

test('whoever adds to whichever copy, each has what it was given and no other', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(), fc.nat())), (steps) => {
    const lists = [{ list: new SharedList<number>(), expected: [] as number[] }]
    for (const [pick, item] of steps) {
      const { list, expected } = lists[pick % lists.length]!
      lists.push({ list: list.with(item), expected: [...expected, item] })
    }
    for (const { list, expected } of lists) expect([list.toArray(), list.length]).toEqual([expected, expected.length])
  }))
})
