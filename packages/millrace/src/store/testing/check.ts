import { MillraceError } from '../../event/error.ts'
import type { ErrorCode } from '../../event/error.ts'

/** Fails unless both say the same: by value, whatever kind of `Uint8Array` carries the bytes. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [show(actual), show(expected)]
  if (is !== should) throw new Error(`${what}\n  expected: ${cut(should)}\n  actual:   ${cut(is)}`)
}

export function truthy(value: unknown, what: string): asserts value {
  if (!value) throw new Error(what)
}

export async function refused(call: Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  equal(await outcomeOf(call), code, what)
}

/** The code a call was refused with; `null` when it succeeded. Any other error is the store's own fault. */
export async function outcomeOf(call: Promise<unknown>): Promise<ErrorCode | null> {
  try {
    await call
    return null
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
}

/** For what reaches us by a wake-up: there is no promise to wait for. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** A value as text, with sorted keys; two values are the same if their texts are. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${String(value.length)}:${Array.from(value, hex).join('')}`
  if (value instanceof Map) return `map ${show([...(value as ReadonlyMap<unknown, unknown>)])}`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([key, field]) => `${key}: ${show(field)}`).join(', ')}}`
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function cut(text: string): string {
  return text.length > 2000 ? `${text.slice(0, 2000)}… (${String(text.length)} characters)` : text
}
