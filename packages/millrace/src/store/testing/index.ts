export { conformanceCases } from './cases.ts'
export { LONG, SHORT } from './harness.ts'
export type { Bench, ConformanceCase, StoreHarness } from './harness.ts'
