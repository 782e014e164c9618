/** Where a worker kills itself when it is told to, each on the way between two moments that a crash may come between. */
export const CRASH_POINTS = ['before append', 'after commit', 'after checkpoint', 'during takeover', 'during seal'] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]
