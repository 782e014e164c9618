import { PublicError } from '../event/error.ts'

/*
 * How a model fails, in words for readers. What the vendor said stays in `cause`, for the logger: it may
 * name accounts, hosts and prompts (P11).
 */

/** It could not be had: nothing was said. */
export function modelUnavailable(cause: unknown): PublicError {
  return new PublicError('model_unavailable', 'The model cannot be reached at the moment.', { cause })
}

/** It will not take this request, however often it is asked. */
export function modelRefused(cause: unknown): PublicError {
  return new PublicError('model_failed', 'The model did not accept the request.', { cause })
}

/** What it said so far stays said. */
export function modelFailed(cause: unknown): PublicError {
  return new PublicError('model_failed', 'The model failed in the middle of its answer.', { cause })
}

export function modelLimit(message: string): PublicError {
  return new PublicError('model_limit', message)
}

/** Its files are missing or are none of a model. */
export function modelNotLoaded(cause: unknown): PublicError {
  return new PublicError('model_unavailable', 'The model could not be loaded.', { cause })
}
