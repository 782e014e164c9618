import { expect, test } from 'vitest'
import { Places } from './places.ts'

const patient = new AbortController().signal

test('gives each thing to one at a time, first come, first served', async () => {
  const places = new Places(['a', 'b'])
  const [one, two] = [await places.take(patient), await places.take(patient)]
  expect([one, two]).toEqual(['a', 'b'])
  const order: string[] = []
  const waiting = ['third', 'fourth'].map(async (name) => order.push(`${name} ${await places.take(patient)}`))
  places.give(two)
  places.give(one)
  await Promise.all(waiting)
  expect(order).toEqual(['third b', 'fourth a'])
})

test('who gives up waiting gets nothing, and keeps nobody behind it waiting', async () => {
  const places = new Places(['a'])
  const taken = await places.take(patient)
  const leaving = new AbortController()
  const left = places.take(leaving.signal).catch((error: unknown) => error)
  const next = places.take(patient)
  leaving.abort(new Error('gone'))
  expect(await left).toEqual(new Error('gone'))
  places.give(taken)
  expect(await next).toBe('a')
})

test('who has given up already does not wait, also where there is room', async () => {
  const places = new Places(['a'])
  await expect(places.take(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  expect(await places.take(patient)).toBe('a')
})
