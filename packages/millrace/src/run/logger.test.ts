import { expect, test, vi } from 'vitest'
import { MillraceError } from '../event/error.ts'
import { Trouble } from './logger.ts'

test('what fails again in the same way is warned of once, until it works or fails in another way', () => {
  const warn = vi.fn()
  const trouble = new Trouble({ warn, error: warn }, 'Looking failed.')
  const [missing, busy] = [new MillraceError('missing_package', 'Install it.'), new MillraceError('store_busy', 'Later.')]
  for (const error of [missing, missing, busy, missing]) trouble.met(error)
  trouble.over()
  for (const error of [missing, new Error('a'), new Error('b')]) trouble.met(error)
  expect(warn.mock.calls.map(([, details]) => (details as { error: Error }).error.message)).toEqual(['Install it.', 'Later.', 'Install it.', 'Install it.', 'a'])
})
