import { fieldsOf } from './fields.ts'
import type { Vendor } from './vendor.ts'

/**
 * A body of the Messages API asks for no stream unless it says so, and not all its clients say by `Accept` that they
 * want JSON. Other bodies are their route's own, to be streamed as all else is.
 */
export const anthropicVendor: Vendor = {
  fallback: (body) => (fieldsOf(body)['messages'] === undefined ? 'sse' : 'document'),
}
