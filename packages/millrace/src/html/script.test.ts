import { expect, test } from 'vitest'
import { MillraceError } from '../event/error.ts'
import { getStreamingJs } from './script.ts'

const codeOf = (id: string, url: unknown): unknown => {
  try {
    return getStreamingJs(id, url as string)
  } catch (error) {
    return error instanceof MillraceError ? error.code : error
  }
}

test.each([undefined, null, 7, 'javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/plain,x'])('an address that is none, or runs something, is refused: %j', (url) => {
  expect(codeOf('ask', url)).toBe('invalid_request')
})

test('where the script was not built, that is said, instead of a form that does nothing', () => {
  expect(() => getStreamingJs('ask', '/runs/answer')).toThrow(expect.objectContaining({ name: 'MillraceError', code: 'missing_package' }))
})
