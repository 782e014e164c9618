/** An element of `hono/jsx`, or what its `html` gives. */
export interface EscapedValue {
  readonly isEscaped: true
  toString(): string | Promise<string>
}

/** By its own methods: JSON from anywhere can say `isEscaped`, and can say no more than `[object Object]`. */
export function isEscaped(value: unknown): value is EscapedValue {
  if (typeof value !== 'object' || value === null || !('isEscaped' in value) || value.isEscaped !== true) return false
  return typeof value.toString === 'function' && value.toString !== Object.prototype.toString
}
