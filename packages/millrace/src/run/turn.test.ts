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

test('of very many a share goes in one turn, so that the last of them waits for few', async () => {
  let done = 0
  for (let number = 0; number < 1_600; number += 1) atEndOfTurn(() => void (done += 1))
  await new Promise((resolve) => setImmediate(resolve))
  expect(done).toBe(100)
  while (done < 1_600) await new Promise((resolve) => setImmediate(resolve))
})

test('one that throws costs no other its turn, and the process hears of it', async () => {
  const heard: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', (error) => heard.push(error))
  try {
    const failure = new Error('thrown')
    const done: number[] = []
    atEndOfTurn(() => { throw failure })
    for (let number = 0; number < 40; number += 1) atEndOfTurn(() => done.push(number))
    while (done.length < 40) await new Promise((resolve) => setImmediate(resolve))
    expect(heard).toEqual([failure])
  } finally {
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})
