import { MillraceError } from '../../event/error.ts'

/** Whatever was thrown, as one that a page can decide by. */
export function failureOf(error: unknown): MillraceError {
  return error instanceof MillraceError ? error : new MillraceError('internal', 'Something went wrong in this page.', { cause: error })
}
