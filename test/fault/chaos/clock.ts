/** In ms, and the same in every process of this machine: what they wrote down is put in one order by it. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
