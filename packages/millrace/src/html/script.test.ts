import { expect, test } from 'vitest'
import { getStreamingJs } from './script.ts'

test('where the script was not built, that is said, instead of a form that does nothing', () => {
  expect(() => getStreamingJs('ask', '/runs/answer')).toThrow(expect.objectContaining({ name: 'MillraceError', code: 'missing_package' }))
})
