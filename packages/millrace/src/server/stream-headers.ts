/** On everything that is one caller's own. */
export const PRIVATE = { 'Cache-Control': 'private, no-store, no-transform', 'X-Content-Type-Options': 'nosniff' } as const

/** On every stream: nothing between here and its reader is to keep, change or hold back what it says. */
export function streamHeaders(mediaType: string): Record<string, string> {
  return { 'Content-Type': mediaType, 'X-Accel-Buffering': 'no', ...PRIVATE }
}
