import { expect, test } from 'vitest'
import { until } from '../../../../test/support/run/faulty.ts'
import { Overdue } from './overdue.ts'

test('a run is overdue since it was first seen, and since it was seen again after it was gone', async () => {
  const overdue = new Overdue()
  expect(overdue.seen('a')).toBe(0)
  expect(overdue.seen('b')).toBe(0)
  await until(() => overdue.seen('a') > 0, 'the clock')
  overdue.keep(['a', 'c'])
  expect(overdue.seen('a')).toBeGreaterThan(0)
  expect(overdue.seen('b')).toBe(0)
})
