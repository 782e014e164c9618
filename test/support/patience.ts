import { vi } from 'vitest'

/** In ms. A busy machine that takes its time has not failed: by default a condition is waited for one second. */
const PATIENCE = 15_000

type Options = number | { readonly timeout?: number; readonly interval?: number }

const { waitFor, waitUntil } = vi

vi.waitFor = (callback, options) => waitFor(callback, patiently(options))
vi.waitUntil = (callback, options) => waitUntil(callback, patiently(options))

function patiently(options: Options = {}): Exclude<Options, number> {
  return { timeout: PATIENCE, ...(typeof options === 'number' ? { timeout: options } : options) }
}
