import { expect, test } from 'vitest'
import { atEndOfTurn } from './turn.ts'

test('a crowd at the end of a turn goes in the order in which it came, and lets others have their turn between', async () => {
  const done: number[] = []
  const crowd = Array.from({ length: 100 }, (_, number) => number)
  for (const number of crowd) atEndOfTurn(() => done.push(number))
  const seen: number[] = []
  while (done.length < crowd.length) {
    await new Promise((resolve) => setImmediate(resolve))
    seen.push(done.length)
  }
  expect(done).toEqual(crowd)
  expect(seen.length).toBeGreaterThan(2)
})

test('what is asked for at the end of a turn is done at the end of the next', async () => {
  const done: string[] = []
  await new Promise<void>((resolve) => {
    atEndOfTurn(() => {
      atEndOfTurn(() => {
        done.push('second')
        resolve()
      })
      done.push('first')
    })
  })
  expect(done).toEqual(['first', 'second'])
})
