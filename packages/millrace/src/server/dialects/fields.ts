import type { Json } from '../../event/run-event.ts'

/** What a body, or a part of it, says by name: nothing where it is no object. */
export function fieldsOf(value: Json | undefined): { readonly [field: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as { readonly [field: string]: Json }) : {}
}
