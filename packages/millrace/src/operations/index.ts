/** What those who run a server want to know: health, metrics, traces. @module */
export { createMetrics, type PromClient } from './metrics.ts'
export { createOperations, type MetricsRegister, type OperationsOptions } from './operations.ts'
export { traceRuns, type Tracer } from './tracing.ts'
export type { News, Observe } from '../run/news.ts'
