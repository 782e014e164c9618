import { expect, test, vi } from 'vitest'
import { MillraceError } from '../event/error.ts'
import { plainly, Trouble } from './logger.ts'

test('what fails again in the same way is warned of once, until it works or fails in another way', () => {
  const warn = vi.fn()
  const trouble = new Trouble({ warn, error: warn }, 'Looking failed.')
  const [missing, busy] = [new MillraceError('missing_package', 'Install it.'), new MillraceError('store_busy', 'Later.')]
  for (const error of [missing, missing, busy, missing]) trouble.met(error)
  trouble.over()
  for (const error of [missing, new Error('a'), new Error('b')]) trouble.met(error)
  expect(warn.mock.calls.map(([, details]) => (details as { error: Error }).error.message)).toEqual(['Install it.', 'Later.', 'Install it.', 'Install it.', 'a'])
})

test('without a logger of the user’s, what this library refuses is one line, and any other error comes whole', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const odd = { run: '7', error: new Error('odd') }
  plainly.warn('Looking failed.', { error: new MillraceError('store_busy', 'Is it running?', { cause: new Error('refused') }) })
  plainly.warn('A stream was cut.', { run: '7', error: new MillraceError('store_busy', 'Is it running?') })
  plainly.warn('A run failed.', odd)
  expect(warn.mock.calls).toEqual([['Looking failed. Is it running?'], ['A stream was cut. Is it running? Run: 7'], ['A run failed.', odd]])
  warn.mockRestore()
})
