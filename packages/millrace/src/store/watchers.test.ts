import { expect, test } from 'vitest'
import { Watchers } from './watchers.ts'

/** After every microtask that is due. */
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('who leaves, or whom a closed store forgets, is not called by what is due', async () => {
  const watchers = new Watchers()
  const called: string[] = []
  watchers.add('a', () => called.push('stays'))
  const leave = watchers.add('a', () => called.push('left'))
  watchers.wake('a', null)
  leave()
  await soon()
  expect(called).toEqual(['stays'])
  watchers.wake('a', null)
  watchers.clear()
  await soon()
  expect(called).toEqual(['stays'])
})

test('one that leaves twice, or after all were forgotten, takes nobody else along', async () => {
  const watchers = new Watchers()
  const called: string[] = []
  const leave = watchers.add('a', () => called.push('old'))
  leave()
  watchers.add('a', () => called.push('second'))
  leave()
  watchers.clear()
  watchers.add('a', () => called.push('third'))
  leave()
  watchers.wake('a', null)
  await soon()
  expect(called).toEqual(['third'])
})

test('wake-ups come in the order of what they tell, to whoever watches by then', async () => {
  const watchers = new Watchers()
  const called: string[] = []
  watchers.add('a', () => {
    called.push('a')
    watchers.wake('b', null)
  })
  watchers.add('b', () => called.push('b'))
  watchers.wake('b', null)
  watchers.wake('a', null)
  watchers.wake('nobody', null)
  await soon()
  expect(called).toEqual(['b', 'a', 'b'])
})
