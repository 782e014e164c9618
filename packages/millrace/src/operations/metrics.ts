import type { News, Observe } from '../run/news.ts'

type Labels = Readonly<Record<string, string>>

interface MetricConfig {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}

/** As much of the package `prom-client` as is needed. */
export interface PromClient {
  readonly Counter: new (config: MetricConfig) => { inc(labels: Labels, value?: number): void }
  readonly Gauge: new (config: MetricConfig) => { inc(labels: Labels, value?: number): void }
  readonly Histogram: new (config: MetricConfig & { readonly buckets: number[] }) => { observe(labels: Labels, value: number): void }
}

/** In seconds. A store answers in milliseconds, or waits for something. */
const STORE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
/** In seconds. An answer takes seconds; an export, hours. */
const RUN_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200]

/**
 * Counts what happens in this process with the package `prom-client`, in its default registry: hand the result to `createMillrace` as `observe`.
 * Names begin with `millrace_`, times are in seconds. No label has more values than there are kinds, calls, dialects and codes.
 */
export function createMetrics(client: PromClient): Observe {
  const metrics = metricsIn(client)
  return (news) => {
    count(metrics, news)
  }
}

type Metrics = ReturnType<typeof metricsIn>

function metricsIn({ Counter, Gauge, Histogram }: PromClient) {
  const config = (name: string, help: string, ...labelNames: readonly string[]): MetricConfig => ({ name: `millrace_${name}`, help, labelNames })
  return {
    started: new Counter(config('runs_started_total', 'Runs started by this process.', 'kind')),
    working: new Gauge(config('runs_working', 'Runs that this process works on.', 'kind')),
    takeovers: new Counter(config('takeovers_total', 'Runs taken over from a producer that was lost.', 'kind')),
    losses: new Counter(config('lease_losses_total', 'Leases that this process lost.', 'kind')),
    ended: new Counter(config('runs_ended_total', 'Runs that this process ended.', 'kind', 'status', 'code')),
    took: new Histogram({ ...config('run_seconds', 'From the start of a run to its end.', 'kind', 'status'), buckets: RUN_BUCKETS }),
    entries: new Counter(config('entries_total', 'Entries committed.', 'kind')),
    bytes: new Counter(config('entry_bytes_total', 'Bytes of entries committed.', 'kind')),
    append: new Histogram({ ...config('append_seconds', 'From the first try to write to the answer of the store.', 'kind'), buckets: STORE_BUCKETS }),
    readers: new Gauge(config('readers', 'Open streams.', 'dialect', 'format')),
    behind: new Gauge(config('readers_behind', 'Open streams that could not keep up and read the log by themselves.')),
    store: new Histogram({ ...config('store_seconds', 'Answers of the store.', 'call'), buckets: STORE_BUCKETS }),
    storeErrors: new Counter(config('store_errors_total', 'Calls that the store refused or could not answer.', 'call', 'code')),
  }
}

function count(metrics: Metrics, news: News): void {
  switch (news.type) {
    case 'run_started':
      metrics.started.inc({ kind: news.kind })
      break
    case 'run_taken':
      metrics.working.inc({ kind: news.kind })
      if (news.lost) metrics.takeovers.inc({ kind: news.kind })
      break
    case 'run_left':
      metrics.working.inc({ kind: news.kind }, -1)
      if (news.lost) metrics.losses.inc({ kind: news.kind })
      break
    case 'run_ended':
      metrics.working.inc({ kind: news.kind }, -1)
      metrics.ended.inc({ kind: news.kind, status: news.status, code: codeOf(news.code) })
      metrics.took.observe({ kind: news.kind, status: news.status }, news.took / 1000)
      break
    case 'appended':
      metrics.entries.inc({ kind: news.kind }, news.entries)
      metrics.bytes.inc({ kind: news.kind }, news.bytes)
      metrics.append.observe({ kind: news.kind }, news.took / 1000)
      break
    case 'reader_came':
    case 'reader_left':
      metrics.readers.inc({ dialect: news.dialect, format: news.format }, news.type === 'reader_came' ? 1 : -1)
      break
    case 'readers_behind':
      metrics.behind.inc({}, news.change)
      break
    case 'store_called':
      metrics.store.observe({ call: news.call }, news.took / 1000)
      if (news.code !== null) metrics.storeErrors.inc({ call: news.call, code: news.code })
      break
  }
}

/** A handler may make up codes without end: those that do not look like one are not counted apart. */
function codeOf(code: string | null): string {
  if (code === null) return ''
  return /^[a-z][a-z0-9_]{0,40}$/.test(code) ? code : 'other'
}
